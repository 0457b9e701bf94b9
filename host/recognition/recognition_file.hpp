#pragma once
#include <string>
#include <string_view>

#include "tracking/recognition.hpp"

namespace flashcell::host {

/// A trained recognizer as JSON text: {"format": "flashcell recognition", "version": 2, "classes": […], "dimensions":
/// …, "mean": […], "projection": […], "centres": […], "whitening": […], "calibration": {"temperature": …, "doubt": …,
/// "objects": …, "familiar": …}}. Numbers keep their full precision. Version 1 ends with "centres": what it says is
/// trusted as Calibration() says.
std::string recognition_json(const tracking::RecognitionModel& model);

/// The reverse. `name` is the file's, for messages. Throws Error(Fault::input): no JSON, not this format or version,
/// sizes that do not fit together, numbers that are not finite.
tracking::RecognitionModel parse_recognition(std::string_view json, const std::string& name);

/// To and from files. Throws Error(Fault::input) when the file cannot be written or read.
void write_recognition(const std::string& path, const tracking::RecognitionModel& model);
tracking::RecognitionModel read_recognition(const std::string& path);

}  // namespace flashcell::host
