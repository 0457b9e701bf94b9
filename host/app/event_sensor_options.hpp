#pragma once
#include <string>

#include "base/command_line.hpp"
#include "host/event_simulator/event_sensor.hpp"

namespace flashcell::app {

/// Adds the event camera's options to a command; they are set when the command line is parsed. `with_light`: the scene
/// has no light level of its own.
void add_event_sensor_options(Command& command, host::EventSensor& sensor, double& threshold, double& light,
                              bool with_light);

/// What the user gave, in the sensor: threshold of both directions, light of white (255) in lux.
host::EventSensor given_sensor(host::EventSensor sensor, double threshold, double light);

}  // namespace flashcell::app
