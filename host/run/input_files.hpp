#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "host/config/config.hpp"

namespace flashcell::host {

/// The files that a recording is made of: the file itself and those that belong to it (Photron's header and pixels),
/// the files of a folder, those that a pattern matches. None for a generated scene and for what is not there.
std::vector<std::filesystem::path> recording_files(const std::string& input);

/// The files that a configuration names: networks, classes, bitstream.
std::vector<std::filesystem::path> named_files(const Config& config);

/// Throws Error(Fault::usage) where one of `outputs` is one of `inputs`, under whatever name. To be called before
/// anything is created or removed.
void keep_inputs(const std::vector<std::filesystem::path>& inputs, const std::vector<std::filesystem::path>& outputs);

}  // namespace flashcell::host
