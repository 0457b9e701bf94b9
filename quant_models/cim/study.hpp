#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "quant_models/cim/evaluate.hpp"
#include "quant_models/cim/layer_bits.hpp"

// What a device does to a network: accuracy over time, noise and bits, and what its converters cost.
namespace flashcell::quant::cim {

/// Labelled pictures as the network takes them.
struct TestSet {
  std::span<const float> images;
  std::span<const int> labels;
};

/// Accuracy of several chips, in percent.
struct StudyPoint {
  double x = 0;
  double mean = 0, low = 0, high = 0;
};

/// Another network on the same device, to compare with: the same one before it was trained for the device.
struct Comparison {
  std::string network;
  double real = 0, ideal = 0;
  std::vector<StudyPoint> over_time;
};

/// Bits chosen layer by layer, and what came of them, at the device's time; all bits in error with their probability.
struct BitsStudy {
  ChosenArrayBits choice;
  StudyPoint before, after;  ///< with the device's own bits everywhere, with the chosen ones
};

struct Study {
  std::string network, device, source, ranges;  ///< ranges: where they are from, for people
  int64_t images = 0;
  int chips = 0;
  uint64_t seed = 0;
  double real = 0;                     ///< in real numbers, percent
  double ideal = 0;                    ///< converters alone: cells that hold what they are meant to, no noise
  std::vector<StudyPoint> over_time;   ///< x in seconds
  std::vector<StudyPoint> over_noise;  ///< x: more noise of each read, percent of g_max
  std::vector<StudyPoint> over_bits;   ///< x: bits of the output converters
  int bits = 0;                        ///< the device's
  double seconds = 0;                  ///< when noise and bits were varied
  std::vector<ConverterUse> uses;
  std::optional<Comparison> before;
  std::optional<BitsStudy> bits_by_layer;
};

struct StudyOptions {
  std::vector<double> times, noises;
  std::vector<int> bits;  ///< of all output converters
  /// Finds ranges anew for converters of other bits; empty: they stay as they are.
  std::function<Settings(const ArrayDevice&)> ranges;
  int chips = 3;
  uint64_t seed = 1;
  RunAllOptions run{};
};

/// Times from `first` to `last` seconds: both, and what lies between of a second, a minute, an hour, a day, a week, a
/// month, a year and ten years.
std::vector<double> times_between(double first, double last);

/// `progress` is told how many accuracies are done, of how many. Chip i has seed + i.
Study study(const Graph& graph, const ArrayDevice& device, const Settings& settings, const TestSet& test,
            const StudyOptions& options, const std::function<void(int64_t, int64_t)>& progress = {});

/// Of several chips at the device's time.
StudyPoint accuracy(const Graph& graph, const ArrayDevice& device, const Settings& settings, const TestSet& test,
                    const StudyOptions& options);

std::string to_text(const Study& study);
std::string to_json(const Study& study);
/// One HTML page that needs nothing but itself.
std::string to_page(const Study& study);

}  // namespace flashcell::quant::cim
