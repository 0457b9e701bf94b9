#include "quant_models/data/coco.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

using Json = nlohmann::json;

std::string folder_of(const std::string& name) {
  const size_t slash = name.rfind('/');
  return slash == std::string::npos ? "" : name.substr(0, slash + 1);
}

class CocoReader {
 public:
  CocoReader(const FileSet& files, const std::string& file) : files_(files), where_(files.describe(file)) {
    const std::vector<uint8_t> bytes = files.read(file);
    json_ = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
    if (json_.is_discarded()) throw ModelError(where_ + ": is no valid JSON, or cut off");
    if (!json_.is_object()) throw ModelError(where_ + ": is no JSON object with images, annotations and categories");
    folder_ = folder_of(file);
  }

  DetectionSet read(int channels, std::vector<std::string> classes) const {
    DetectionSet set{std::move(classes), {}};
    std::map<int64_t, size_t> place;
    for (const Json& image : list("images")) {
      const std::string name = text(image, "file_name", "an image");
      place[integer(image, "id", "image " + name)] = set.pictures.size();
      const std::string path = find_picture(name);
      set.pictures.push_back({name, decode_picture(files_.read(path), files_.describe(path), channels), {}});
    }
    std::map<int64_t, std::string> names;
    for (const Json& category : list("categories"))
      names[integer(category, "id", "a category")] = text(category, "name", "a category");
    size_t number = 0;
    for (const Json& annotation : list("annotations")) {
      const std::string what = "annotation " + std::to_string(number++);
      const auto picture = place.find(integer(annotation, "image_id", what));
      if (picture == place.end()) fail(what + ": its image_id is no image of the file");
      const auto category = names.find(integer(annotation, "category_id", what));
      if (category == names.end()) fail(what + ": its category_id is no category of the file");
      MarkedPicture& marked = set.pictures[picture->second];
      MarkedObject object{box(annotation, marked.picture, what), class_index(set.classes, category->second), false};
      const auto crowd = annotation.find("iscrowd");
      object.difficult = crowd != annotation.end() && crowd->is_number() && crowd->get<double>() != 0;
      marked.objects.push_back(object);
    }
    if (set.pictures.empty()) fail("holds no images");
    return set;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw ModelError(where_ + ": " + what); }

  const Json& list(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end() || !found->is_array()) fail(std::string("has no list '") + key + "'");
    return *found;
  }

  const Json& member(const Json& object, const char* key, const std::string& what) const {
    if (!object.is_object() || !object.contains(key)) fail(what + " lacks '" + key + "'");
    return object[key];
  }

  std::string text(const Json& object, const char* key, const std::string& what) const {
    const Json& value = member(object, key, what);
    if (!value.is_string()) fail(what + ": '" + key + "' is no text");
    return value.get<std::string>();
  }

  int64_t integer(const Json& object, const char* key, const std::string& what) const {
    const Json& value = member(object, key, what);
    if (!value.is_number_integer()) fail(what + ": '" + key + "' is no integer");
    return value.get<int64_t>();
  }

  Box box(const Json& annotation, const Picture& picture, const std::string& what) const {
    const Json& sides = member(annotation, "bbox", what);
    if (!sides.is_array() || sides.size() != 4 ||
        !std::all_of(sides.begin(), sides.end(), [](const Json& s) { return s.is_number(); }))
      fail(what + ": 'bbox' is no list of four numbers");
    const auto left = sides[0].get<float>(), top = sides[1].get<float>();
    const auto width = static_cast<float>(picture.columns), height = static_cast<float>(picture.rows);
    const Box b = {std::max(left, 0.F), std::max(top, 0.F), std::min(left + sides[2].get<float>(), width),
                   std::min(top + sides[3].get<float>(), height)};
    if (!(b.width() > 0) || !(b.height() > 0)) fail(what + ": the box is empty or lies outside its picture");
    return b;
  }

  // Beside the JSON file, or the one file of the set that ends in this name.
  std::string find_picture(const std::string& name) const {
    if (files_.contains(folder_ + name)) return folder_ + name;
    for (const std::string& each : files_.names())
      if (each == name || each.ends_with("/" + name)) return each;
    fail("its picture " + files_.describe(folder_ + name) + " is missing");
  }

  const FileSet& files_;
  std::string where_, folder_;
  Json json_;
};

}  // namespace

DetectionSet read_coco(const FileSet& files, const std::string& file, int channels, std::vector<std::string> classes) {
  return CocoReader(files, file).read(channels, std::move(classes));
}

}  // namespace flashcell::quant
