#pragma once
#include <string>
#include <vector>

#include "quant_models/data/detection_set.hpp"
#include "quant_models/data/file_set.hpp"

namespace flashcell::quant {

/// A data set in PASCAL VOC's form (Everingham et al., VOC development kit): Annotations/NAME.xml, JPEGImages/NAME.*,
/// ImageSets/Main/SPLIT.txt with one NAME a line; the three folders may lie below others. `split` empty: every
/// annotation. `classes`: the order of classes; names beyond them are appended as they come (start the test set from
/// the training set's). A pixel counts from 1 there: left = xmin - 1, right = xmax. Throws ModelError naming the
/// annotation, its line and what is wrong: a picture that is missing, XML that does not parse, a box that is empty or
/// lies outside the picture. Boxes up to 2 pixels over the edge are cut.
DetectionSet read_voc(const FileSet& files, const std::string& split, int channels,
                      std::vector<std::string> classes = {});

}  // namespace flashcell::quant
