#include "quant_models/data/voc.hpp"

#include <tinyxml2.h>

#include <algorithm>
#include <sstream>

#include "base/xml.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

using tinyxml2::XMLElement;

// What stands before "Annotations/" or the like, where such a folder is anywhere in the set.
std::string find_root(const FileSet& files) {
  const std::string folder = "Annotations/";
  for (const std::string& name : files.names()) {
    const size_t at = name.find(folder);
    if (at != std::string::npos && (at == 0 || name[at - 1] == '/')) return name.substr(0, at);
  }
  throw ModelError(files.path() + ": has no folder Annotations; expected PASCAL VOC's layout");
}

std::vector<std::string> annotation_names(const FileSet& files, const std::string& root, const std::string& split) {
  std::vector<std::string> names;
  if (!split.empty()) {
    const std::vector<uint8_t> bytes = files.read(root + "ImageSets/Main/" + split + ".txt");
    std::istringstream lines(std::string(bytes.begin(), bytes.end()));
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      if (std::string name; words >> name) names.push_back(name);
    }
    return names;
  }
  const std::string folder = root + "Annotations/";
  for (const std::string& name : files.names())
    if (name.starts_with(folder) && name.ends_with(".xml"))
      names.push_back(name.substr(folder.size(), name.size() - folder.size() - 4));
  return names;
}

std::string picture_name(const FileSet& files, const std::string& root, const std::string& name) {
  for (const char* ending : {".jpg", ".jpeg", ".png", ".bmp", ".JPG"})
    if (files.contains(root + "JPEGImages/" + name + ending)) return root + "JPEGImages/" + name + ending;
  return {};
}

class Annotation {
 public:
  Annotation(const FileSet& files, std::string name) : where_(files.describe(name)) {
    const std::vector<uint8_t> bytes = files.read(name);
    const std::string problem = read_xml({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, document_);
    if (!problem.empty()) throw ModelError(where_ + ": " + problem);
  }

  std::vector<MarkedObject> objects(const Picture& picture, std::vector<std::string>& classes) const {
    const XMLElement* root = document_.RootElement();
    if (root == nullptr || std::string(root->Name()) != "annotation")
      throw ModelError(where_ + ": has no element 'annotation'");
    std::vector<MarkedObject> found;
    for (const XMLElement* o = root->FirstChildElement("object"); o != nullptr; o = o->NextSiblingElement("object")) {
      const XMLElement* box = child(o, "bndbox");
      MarkedObject object;
      object.box = {number(box, "xmin") - 1, number(box, "ymin") - 1, number(box, "xmax"), number(box, "ymax")};
      clip(object.box, picture, o->GetLineNum());
      const char* name = child(o, "name")->GetText();
      if (name == nullptr) fail(o->GetLineNum(), "the object has no name");
      object.object_class = class_index(classes, name);
      const XMLElement* difficult = o->FirstChildElement("difficult");
      object.difficult = difficult != nullptr && difficult->IntText() != 0;
      found.push_back(object);
    }
    return found;
  }

 private:
  [[noreturn]] void fail(int line, const std::string& what) const {
    throw ModelError(where_ + ": line " + std::to_string(line) + ": " + what);
  }

  const XMLElement* child(const XMLElement* parent, const char* name) const {
    const XMLElement* found = parent->FirstChildElement(name);
    if (found == nullptr) fail(parent->GetLineNum(), std::string("the object lacks '") + name + "'");
    return found;
  }

  float number(const XMLElement* parent, const char* name) const {
    const XMLElement* element = child(parent, name);
    float value = 0;
    if (element->QueryFloatText(&value) != tinyxml2::XML_SUCCESS || !(value > -1e6F && value < 1e6F))
      fail(element->GetLineNum(), std::string("'") + name + "' is no number");
    return value;
  }

  void clip(Box& box, const Picture& picture, int line) const {
    constexpr float kSlack = 2;
    const auto width = static_cast<float>(picture.columns), height = static_cast<float>(picture.rows);
    if (box.left < -kSlack || box.top < -kSlack || box.right > width + kSlack || box.bottom > height + kSlack)
      fail(line, "the box lies outside the picture of " + std::to_string(picture.columns) + " x " +
                     std::to_string(picture.rows));
    box = {std::max(box.left, 0.F), std::max(box.top, 0.F), std::min(box.right, width), std::min(box.bottom, height)};
    if (!(box.width() > 0) || !(box.height() > 0)) fail(line, "the box is empty");
  }

  std::string where_;
  tinyxml2::XMLDocument document_;
};

}  // namespace

DetectionSet read_voc(const FileSet& files, const std::string& split, int channels, std::vector<std::string> classes) {
  const std::string root = find_root(files);
  DetectionSet set{std::move(classes), {}};
  for (const std::string& name : annotation_names(files, root, split)) {
    const std::string xml = root + "Annotations/" + name + ".xml";
    const Annotation annotation(files, xml);
    const std::string picture = picture_name(files, root, name);
    if (picture.empty())
      throw ModelError(files.describe(xml) + ": its picture " + files.describe(root + "JPEGImages/" + name + ".jpg") +
                       " is missing");
    MarkedPicture marked{name, decode_picture(files.read(picture), files.describe(picture), channels), {}};
    marked.objects = annotation.objects(marked.picture, set.classes);
    set.pictures.push_back(std::move(marked));
  }
  if (set.pictures.empty()) throw ModelError(files.path() + ": holds no annotated pictures");
  return set;
}

}  // namespace flashcell::quant
