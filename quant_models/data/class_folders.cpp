#include "quant_models/data/class_folders.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "quant_models/data/picture_fit.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

struct Entry {
  std::string name, class_name;
};

std::vector<Entry> list_pictures(const FileSet& files, const std::string& prefix) {
  std::vector<Entry> entries;
  for (const std::string& name : files.names()) {
    if (!name.starts_with(prefix) || !is_picture_name(name)) continue;
    const size_t end = name.find('/', prefix.size());
    if (end == std::string::npos) continue;
    entries.push_back({name, name.substr(prefix.size(), end - prefix.size())});
    if (!is_utf8(entries.back().class_name))
      throw ModelError(files.describe(name) + ": the class folder's name is not UTF-8: rename it");
  }
  return entries;
}

/// "PART/CLASS/object17_": what pictures of one object have in common. Others have the whole name.
std::string object_name(const std::string& picture) {
  constexpr std::string_view kObject = "object";
  const size_t begin = picture.rfind('/') + 1;
  const size_t end = picture.find('_', begin);
  const bool said = std::string_view(picture).substr(begin).starts_with(kObject) && end != std::string::npos;
  return said ? picture.substr(0, end) : picture;
}

}  // namespace

std::vector<std::string> class_names_of(const FileSet& files, const std::string& part) {
  std::set<std::string> names;
  for (const Entry& e : list_pictures(files, part.empty() ? "" : part + "/")) names.insert(e.class_name);
  return {names.begin(), names.end()};
}

ClassFolders read_class_folders(const FileSet& files, const std::string& part, int channels, int rows, int columns,
                                std::vector<std::string> classes, const PictureFit& fit) {
  const std::string prefix = part.empty() ? "" : part + "/";
  const std::vector<Entry> entries = list_pictures(files, prefix);
  if (entries.empty())
    throw ModelError(files.describe(prefix) + ": holds no pictures in class folders; expected " + prefix +
                     "CLASS/NAME.png");
  if (classes.empty()) classes = class_names_of(files, part);
  ClassFolders result{{static_cast<int64_t>(entries.size()), channels, rows, columns, {}, {}}, std::move(classes), {}};
  std::map<std::string, int> objects;
  for (const Entry& e : entries) {
    const auto found = std::find(result.classes.begin(), result.classes.end(), e.class_name);
    if (found == result.classes.end())
      throw ModelError(files.describe(e.name) + ": class '" + e.class_name + "' is in no training picture");
    result.images.labels.push_back(static_cast<int>(found - result.classes.begin()));
    result.objects.push_back(objects.emplace(object_name(e.name), static_cast<int>(objects.size())).first->second);
    const std::string place = files.describe(e.name);
    const Picture picture = fitted(decode_picture(files.read(e.name), place, channels), rows, columns, fit, place);
    result.images.pixels.insert(result.images.pixels.end(), picture.pixels.begin(), picture.pixels.end());
  }
  return result;
}

}  // namespace flashcell::quant
