#include "quant_models/cim/study.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::quant::cim {
namespace {

double percent_right(std::span<const float> scores, std::span<const int> labels) {
  const size_t classes = scores.size() / labels.size();
  size_t right = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto of = scores.subspan(i * classes, classes);
    right += std::max_element(of.begin(), of.end()) - of.begin() == labels[i];
  }
  return 100.0 * static_cast<double>(right) / static_cast<double>(labels.size());
}

/// Accuracies of one network.
class Measurement {
 public:
  Measurement(const Graph& graph, const Settings& settings, const TestSet& test, const StudyOptions& options,
              const std::function<void(int64_t, int64_t)>& progress)
      : graph_(graph), settings_(settings), test_(test), options_(options), progress_(progress) {
    const auto points = static_cast<int64_t>(options.times.size() + options.noises.size() + options.bits.size());
    to_do_ = 2 + points * options.chips;
  }

  double real() {
    const double percent = percent_right(run_all(graph_, test_.images, count(), options_.run), test_.labels);
    note();
    return percent;
  }

  double of(const ArrayDevice& device, uint64_t seed) { return of(device, settings_, seed); }

  double of(const ArrayDevice& device, const Settings& settings, uint64_t seed) {
    const double percent = percent_right(
        run_on_arrays(graph_, program(graph_, device, settings, seed), test_.images, count(), options_.run),
        test_.labels);
    note();
    return percent;
  }

  StudyPoint point(double x, const ArrayDevice& device) { return point(x, device, settings_); }

  StudyPoint point(double x, const ArrayDevice& device, const Settings& settings) {
    StudyPoint p{x, 0, 100, 0};
    for (int chip = 0; chip < options_.chips; ++chip) {
      const double percent = of(device, settings, options_.seed + static_cast<uint64_t>(chip));
      p.mean += percent / options_.chips;
      p.low = std::min(p.low, percent);
      p.high = std::max(p.high, percent);
    }
    return p;
  }

 private:
  int64_t count() const { return static_cast<int64_t>(test_.labels.size()); }
  void note() {
    if (progress_) progress_(++done_, to_do_);
  }

  const Graph& graph_;
  const Settings& settings_;
  const TestSet& test_;
  const StudyOptions& options_;
  const std::function<void(int64_t, int64_t)>& progress_;
  int64_t done_ = 0, to_do_ = 0;
};

// The same converters around cells without any error.
ArrayDevice without_errors(ArrayDevice device) {
  device.cell.kind = CellKind::ideal;
  device.faults = {};
  device.read.noise = ReadNoise::none;
  device.output.noise = 0;
  device.output.converter = {};
  device.wire.ohms = 0;
  device.compensate_drift = false;
  return device;
}

}  // namespace

std::vector<double> times_between(double first, double last) {
  std::vector<double> times{first};
  for (const double t : {1.0, 60.0, 3600.0, 86400.0, 604800.0, 2629800.0, 31557600.0, 315576000.0})
    if (t > first && t < last) times.push_back(t);
  if (last > first) times.push_back(last);
  return times;
}

Study study(const Graph& graph, const ArrayDevice& device, const Settings& settings, const TestSet& test,
            const StudyOptions& options, const std::function<void(int64_t, int64_t)>& progress) {
  Study s;
  s.device = device.name;
  s.source = device.source;
  s.images = static_cast<int64_t>(test.labels.size());
  s.chips = options.chips;
  s.seed = options.seed;
  s.bits = device.output.bits;
  s.seconds = device.seconds;
  s.uses = converter_uses(graph, device, settings);
  Measurement measure(graph, settings, test, options, progress);
  s.real = measure.real();
  s.ideal = measure.of(without_errors(device), options.seed);
  for (const double seconds : options.times) {
    ArrayDevice later = device;
    later.seconds = seconds;
    s.over_time.push_back(measure.point(seconds, later));
  }
  for (const double noise : options.noises) {
    ArrayDevice noisy = device;
    noisy.read.added = noise;
    s.over_noise.push_back(measure.point(100 * noise, noisy));
  }
  for (const int bits : options.bits) {
    ArrayDevice other = device;
    other.output.bits = bits;
    for (LayerBits& layer : other.layers) layer.output_bits = 0;
    s.over_bits.push_back(measure.point(bits, other, options.ranges ? options.ranges(other) : settings));
  }
  return s;
}

StudyPoint accuracy(const Graph& graph, const ArrayDevice& device, const Settings& settings, const TestSet& test,
                    const StudyOptions& options) {
  const std::function<void(int64_t, int64_t)> unseen;
  return Measurement(graph, settings, test, options, unseen).point(device.seconds, device);
}

}  // namespace flashcell::quant::cim
