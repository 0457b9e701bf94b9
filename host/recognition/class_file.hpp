#pragma once
#include <string>
#include <string_view>

#include "tracking/recognition.hpp"

namespace flashcell::host {

/// Writes a trained recognition model as JSON, whole or not at all. Throws Error(Fault::input).
void save_classes(const std::string& path, const tracking::RecognitionModel& model);

/// Reads what save_classes() wrote. Throws Error(Fault::input) naming the file when it cannot be read, is no such file, or its numbers
/// do not fit together.
tracking::RecognitionModel load_classes(const std::string& path);

/// The same from text; `name` stands in messages for the file.
tracking::RecognitionModel parse_classes(std::string_view text, const std::string& name);

}  // namespace flashcell::host
