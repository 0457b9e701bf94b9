#include "host/app/event_sensor_options.hpp"

namespace flashcell::app {
namespace {

constexpr double kWhite = 255;

}  // namespace

void add_event_sensor_options(Command& command, host::EventSensor& sensor, double& threshold, double& light,
                              bool with_light) {
  command.heading("Event camera");
  if (with_light)
    command
        .add_option("--light", light,
                    "Light on white (grey level 255), lux: the less, the slower and noisier pixels are")
        .type_name("LUX");
  command.add_option("--threshold", threshold, "Change of the natural logarithm of light that makes an event")
      .type_name("CHANGE");
  command.add_option("--mismatch", sensor.threshold_mismatch, "Standard deviation of thresholds from pixel to pixel")
      .type_name("CHANGE");
  command.add_option("--refractory", sensor.refractory_us, "Time after an event that its pixel rests, us")
      .type_name("US");
  command.add_option("--leak", sensor.leak_hz, "ON events of a pixel at rest, 1/s").type_name("HZ");
  command
      .add_option("--noise", sensor.shot_noise_hz, "Noise events of a pixel in the dark, 1/s; a quarter in good light")
      .type_name("HZ");
  command.add_option("--bandwidth", sensor.bandwidth_hz, "Of pixels in good light, Hz; 20 Hz a lux below; 0: any")
      .type_name("HZ");
  command.add_option("--readout", sensor.readout_hz, "Events that the readout takes a second; 0: any number")
      .type_name("HZ");
  command.heading("");
}

host::EventSensor given_sensor(host::EventSensor sensor, double threshold, double light) {
  sensor.threshold_on = sensor.threshold_off = threshold;
  sensor.lux_per_unit = light / kWhite;
  return sensor;
}

}  // namespace flashcell::app
