#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "quant_models/fusion/count_systems.hpp"
#include "quant_models/fusion/fusion_accuracy.hpp"
#include "quant_models/quantize/module_bits.hpp"

// What the experiment with the systems of REM-CiM came to: all that its reports show, without any file.
namespace flashcell::quant {

/// Accuracy on arrays that are read so long after they were programmed: the mean of several chips.
struct ArrayAccuracy {
  double seconds = 0;
  FusionAccuracy mean;
  double low = 0, high = 0;  ///< mAP at an overlap of 0.5 of all scenes, of the worst and the best chip
};

/// One network of the table.
struct SystemResult {
  std::string name;
  int converter_bits = 8;
  double weight_bits = 8;    ///< mean over its weights
  FusionAccuracy real;       ///< in real numbers
  FusionAccuracy quantized;  ///< with its converters and bits, without errors of cells
  std::vector<ArrayAccuracy> on_arrays;
  int64_t cells = 0;
  double area = 0, energy = 0;           ///< of converters, over those of MEA-FPN
  double first_loss = 0, last_loss = 0;  ///< mean of the first and of the last epoch
};

/// An order that the paper's table, or reason, lets expect.
struct ExpectedOrder {
  std::string greater, smaller;  ///< names of systems
  bool night = false;            ///< of scenes by night; else of all
  double first = 0, second = 0;  ///< mAP at an overlap of 0.5 with all errors, the last time
  double sure = 0;               ///< share of resamples of the test pictures in which it holds (paired_resampling.hpp)

  /// "holds" or "fails" where at least nine of ten resamples say so too, else "open": the scenes do not tell.
  const char* verdict() const;
};

/// A test scene with what each system found in it, on the first chip at the first time.
struct ShownScene {
  FusionExample example;
  std::vector<std::vector<Detection>> found;  ///< by system
};

struct RemCimResult {
  std::string command, device, device_source;
  FusionDetectorOptions size;
  std::vector<std::string> classes;
  int64_t train = 0, test = 0;  ///< examples
  int epochs = 0, tuning_epochs = 0;
  int chips = 0;
  uint64_t seed = 0;
  double minutes = 0;      ///< as asked for
  double cpu_minutes = 0;  ///< of this start
  std::vector<SystemResult> systems;
  FusionAccuracy few_bits_untrained;  ///< MEA-FPN with LQC, before it has learned on
  ModuleBits bits;                    ///< how many each module's weights take, and what it costs
  double bits_budget = 0;
  std::vector<SystemCount> papers_size;
  std::vector<ExpectedOrder> orders;
  std::vector<ShownScene> scenes;
};

std::string to_text(const RemCimResult& result);
/// The same for the same run; the processor time is left out where it is 0.
std::string to_json(const RemCimResult& result);
/// One HTML page that needs nothing but itself.
std::string to_page(const RemCimResult& result);

}  // namespace flashcell::quant
