// Any text as the annotations of a data set with one picture: PASCAL VOC's XML, COCO's JSON, a scene's truth.csv, each
// chosen by the first byte.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "quant_models/data/coco.hpp"
#include "quant_models/data/scene_folder.hpp"
#include "quant_models/data/voc.hpp"
#include "tests/fuzz/must_blame_the_input.hpp"
#include "tests/quant_models/data/tar_encoder.hpp"

namespace {

using namespace flashcell;

quant::FileSet files(const std::string& picture, const std::string& annotations, const std::string& text) {
  const std::string pixels = "P5 16 16 255\n" + std::string(256, 'x');
  const std::string tar = test::tar_entry(picture, pixels) + test::tar_entry(annotations, text) + test::tar_end();
  return {std::vector<uint8_t>(tar.begin(), tar.end()), "fuzz.tar"};
}

void check(const quant::DetectionSet& set) {
  for (const quant::MarkedPicture& picture : set.pictures)
    for (const quant::MarkedObject& object : picture.objects)
      if (!(object.box.left >= 0) || !(object.box.top >= 0) || !(object.box.right <= 16) ||
          !(object.box.bottom <= 16) || !(object.box.width() > 0) || !(object.box.height() > 0) ||
          set.classes.size() <= static_cast<size_t>(object.object_class))
        std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string text(data + 1, data + size);
  fuzz::must_parse_or_blame_the_input([&] {
    if (data[0] % 3 == 0) check(quant::read_voc(files("JPEGImages/a.jpg", "Annotations/a.xml", text), "", 1));
    if (data[0] % 3 == 1) check(quant::read_coco(files("a.pgm", "all.json", text), "all.json", 1));
    if (data[0] % 3 == 2) check(quant::read_scene(files("frames/00000000.png", "truth.csv", text), "1..1", 1));
  });
  return 0;
}
