#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quant_models/report/error_report.hpp"
#include "quant_models/report/network_size.hpp"

// What a quantization without data came to: all that its report shows, without any file.
namespace flashcell::quant {

/// A picture of pictures, as PNG.
struct ContactSheet {
  std::string caption;
  std::vector<uint8_t> png;
  int width = 0, height = 0;  ///< pixels
};

/// A setting of bits and what it is believed to cost.
struct FrontPoint {
  double perturbation = 0;  ///< how far the network is believed to be from the real one; no unit
  int64_t weight_bits = 0;  ///< memory of the weights
  int64_t bit_operations = 0;
  std::vector<int> bits;  ///< of each of BitFront::members; empty: the same everywhere
};

/// The same bits for all weights and for all values that can be chosen.
struct UniformPoint {
  int weight_bits = 0, value_bits = 0;
  FrontPoint costs;
};

/// What a search for the bits of each layer found.
struct BitFront {
  std::string judged_by;             ///< how perturbations are judged, a word of the command line
  std::vector<std::string> budgets;  ///< as they were asked for
  std::vector<std::string> members;  ///< "NAME weights", "NAME value"
  std::vector<FrontPoint> points;    ///< the front, or some of it spread evenly; what is chosen among them
  size_t all_points = 0;
  bool exact = true;
  size_t chosen = 0;                  ///< of points
  std::vector<UniformPoint> uniform;  ///< to compare with
};

/// How often similarities of patches come up in a kind of pictures: a kernel density.
struct DensityCurve {
  std::string name;
  std::vector<double> x, density;
};

/// Shares of test pictures whose class was found, 0 to 1.
struct TestFigures {
  std::string data;  ///< where the pictures came from
  int64_t pictures = 0;
  double real = 0;                ///< in real numbers
  double quantized = 0;           ///< run as the graph says, quantized numbers as what their integers stand for
  std::optional<double> integer;  ///< integers on the engine; none: it does not take the network
};

struct DataFreeRun {
  std::string model;                  ///< name of the written files
  std::string network;                ///< the file it was made of
  std::string family;                 ///< what the network was recognized as
  std::string method;                 ///< where pictures came from
  std::string folder;                 ///< where the files are
  std::vector<std::string> commands;  ///< to repeat it and to use what came out
  std::vector<std::string> steps;     ///< what was done, one line each
  std::string assumed;                ///< of the input, for people; empty: nothing
  std::string refused;                ///< why the engine does not take the network; empty: it does
  uint64_t seed = 1;
  int64_t images = 0, distill_steps = 0, generator_steps = 0, training_steps = 0;
  double seconds = 0, cpu_minutes = 0;  ///< of the process that ended it
  std::vector<ContactSheet> sheets;     ///< by time, what was trained with last
  std::vector<double> picture_losses, training_losses;
  std::optional<BitFront> front;
  std::vector<ValueError> errors;  ///< value by value, over error_images pictures
  int64_t error_images = 0;
  std::vector<DensityCurve> similarities;  ///< of patches, of transformers
  std::optional<TestFigures> test;
  NetworkSize real_size, quantized_size;
};

/// report.json: everything but pictures.
std::string to_json(const DataFreeRun& run);

/// report.html: one page that needs nothing but itself.
std::string to_page(const DataFreeRun& run);

}  // namespace flashcell::quant
