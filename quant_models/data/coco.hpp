#pragma once
#include <string>
#include <vector>

#include "quant_models/data/detection_set.hpp"
#include "quant_models/data/file_set.hpp"

namespace flashcell::quant {

/// A data set in COCO's form (Lin et al., Microsoft COCO, 2014): `file` is a JSON object of "images" (id, file_name),
/// "annotations" (image_id, category_id, bbox = left, top, width, height) and "categories" (id, name); pictures lie
/// beside it or anywhere below. Crowds (iscrowd) count as difficult. `classes` as in read_voc(); categories that no
/// annotation uses are none. Throws ModelError naming the file, the annotation and what is wrong.
DetectionSet read_coco(const FileSet& files, const std::string& file, int channels,
                       std::vector<std::string> classes = {});

}  // namespace flashcell::quant
