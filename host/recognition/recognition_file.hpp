#pragma once
#include <string>
#include <string_view>

#include "tracking/recognition.hpp"

namespace flashcell::host {

/// A trained recognizer as JSON text: {"format": "flashcell recognition", "version": 1, "classes": […], "dimensions":
/// …, "mean": […], "projection": […], "centres": […]}. Numbers keep their full precision.
std::string recognition_json(const tracking::RecognitionModel& model);

/// The reverse. `name` is the file's, for messages. Throws Error(Fault::input): no JSON, not this format or version,
/// sizes that do not fit together, numbers that are not finite.
tracking::RecognitionModel parse_recognition(std::string_view json, const std::string& name);

/// To and from files. Throws Error(Fault::input) when the file cannot be written or read.
void write_recognition(const std::string& path, const tracking::RecognitionModel& model);
tracking::RecognitionModel read_recognition(const std::string& path);

}  // namespace flashcell::host
