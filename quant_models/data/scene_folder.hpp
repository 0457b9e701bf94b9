#pragma once
#include <string>
#include <vector>

#include "quant_models/data/detection_set.hpp"
#include "quant_models/data/file_set.hpp"

namespace flashcell::quant {

/// Part of a scene that `flashcell synth SPEC -f images` wrote: frames/00000000.png, ... and truth.csv with the box
/// and class of every object. `part`: "FIRST..LAST" or "FIRST..LAST/STEP" in written frames from 1 ("1..900/10":
/// 1, 11, ... 891). Objects of which less than half is visible count as difficult; ones without a visible pixel are
/// left out. `classes` as in read_voc(). Throws ModelError naming file, line and what is wrong.
DetectionSet read_scene(const FileSet& files, const std::string& part, int channels,
                        std::vector<std::string> classes = {});

}  // namespace flashcell::quant
