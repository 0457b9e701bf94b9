#include "host/event_simulator/event_sensor.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace flashcell::host {

EventSensor EventSensor::ideal() {
  EventSensor sensor;
  sensor.threshold_mismatch = 0;
  sensor.refractory_us = 0;
  sensor.leak_hz = 0;
  sensor.shot_noise_hz = 0;
  sensor.bandwidth_hz = 0;
  sensor.latency_us = 0;
  sensor.jitter_us = 0;
  sensor.readout_hz = 0;
  return sensor;
}

void check(const EventSensor& sensor) {
  const auto within = [](const char* name, double value, double least, double most) {
    if (!(value >= least && value <= most))
      throw Error(Fault::usage, fmt::format("event sensor: {} is {}, must be {} to {}", name, value, least, most));
  };
  within("threshold_on", sensor.threshold_on, 0.01, 5);
  within("threshold_off", sensor.threshold_off, 0.01, 5);
  within("threshold_mismatch", sensor.threshold_mismatch, 0, 1);
  within("knee", sensor.knee, 2, 255);
  within("refractory_us", sensor.refractory_us, 0, 1e6);
  within("leak_hz", sensor.leak_hz, 0, 1000);
  within("shot_noise_hz", sensor.shot_noise_hz, 0, 1e5);
  within("shot_noise_bright", sensor.shot_noise_bright, 0, 1);
  within("shot_noise_lux", sensor.shot_noise_lux, 1e-3, 1e9);
  within("bandwidth_hz", sensor.bandwidth_hz, 0, 1e7);
  within("bandwidth_hz_per_lux", sensor.bandwidth_hz_per_lux, 1e-6, 1e9);
  within("dark_lux", sensor.dark_lux, 0, 1e6);
  within("latency_us", sensor.latency_us, 0, 1e5);
  within("jitter_us", sensor.jitter_us, 0, 1e4);
  within("readout_hz", sensor.readout_hz, 0, 1e12);
  within("lux_per_unit", sensor.lux_per_unit, 1e-9, 1e9);
}

}  // namespace flashcell::host
