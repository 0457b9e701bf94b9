#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "host/event_simulator/event_sensor.hpp"
#include "host/synth/scene_parameters.hpp"

namespace flashcell::app {

/// Writes the events of a generated scene, drawn as often as objects move by a pixel. Ends early and whole when
/// interrupted. Returns how many events there are.
int64_t write_scene_events(const host::SceneParameters& parameters, const std::filesystem::path& path,
                           const host::EventSensor& sensor);

/// The same of a recording, frame by frame. Throws Error(Fault::usage) where it says no frame rate and `fps` is 0, or
/// where `path` is the recording itself.
int64_t write_video_events(const std::string& input, double fps, const std::filesystem::path& path,
                           const host::EventSensor& sensor);

}  // namespace flashcell::app
