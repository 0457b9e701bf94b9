#pragma once
#include <filesystem>

#include "host/fusion_examples/driving_examples.hpp"

namespace flashcell::host {

/// Drives that lie in a folder as `flashcell synth driving` writes it: boxes.json (COCO; with each picture `time_us`,
/// `night` and `events`, the file of its scene's events; with each box `visible`), pictures and events, of any size:
/// they are brought to options.rows x options.columns. Of the scenes, every `test_every`-th is to test with, the others
/// to learn by; a scene is those pictures whose events are one file. `options.train`, `test` and `seed` do not matter.
/// `progress` is told how many pictures are read. Throws Error(Fault::input) that names the file and what is wrong with
/// it, or that there are too few scenes.
quant::FusionSet read_drives(const std::filesystem::path& folder, const DrivingExampleOptions& options,
                             int test_every = 5, const std::function<void(int64_t)>& progress = {});

}  // namespace flashcell::host
