#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/command_line.hpp"
#include "host/arrays/array_work.hpp"
#include "host/quantization/picture_options.hpp"
#include "quant_models/metadata.hpp"
#include "quant_models/tensor/tensor.hpp"

// A network run on arrays, in any of the forms of its numbers and on any device: what a user compares.
namespace flashcell::app {

/// What is computed with.
enum class Arithmetic {
  float32,  ///< no quantization at all
  fake,     ///< float32 in which every stored value and weight is what its integers stand for
  integer,  ///< the engine's integers
};
inline constexpr const char* kArithmeticNames[] = {"float32", "fake", "integer"};

/// How a network is to be run.
struct RunChoice {
  std::optional<Arithmetic>
      arithmetic;                 ///< none: integer for .fcnn; for .onnx fake where it is quantized, else float32
  std::string device = "cpu";     ///< of integers: reference, cpu, cpu:TARGET, hls; of real numbers cpu, cim:PRESET
  uint64_t seed = 1;              ///< of arrays (cim:PRESET)
  std::string calibration;        ///< pictures that arrays find their ranges with; empty: the file says them
  host::PictureOptions pictures;  ///< what pixels mean where the file does not say it, what size it leaves open
  bool heads_only = false;        ///< without the tail that integers leave out (graph/output_tail.hpp)
};

/// The choice from what a command line says; empty: not said. A device asks for integers.
RunChoice run_choice(const std::string& as, const std::string& device, bool heads_only);
/// What it says of arrays. Throws Error(Fault::usage) where the device names none.
host::ArrayChoice array_choice(const RunChoice& choice);
/// --as and --device.
void add_run_choice(Command& command, std::string& as, std::string& device);
/// --seed and --calibration.
void add_array_options(Command& command, uint64_t& seed, std::string& calibration);

/// An input or output of one item.
struct Port {
  std::string name;
  quant::Shape shape;          ///< without the batch: C x H x W, or fewer
  std::string type;            ///< "f4", "u1", "i1", "u2" or "i2"
  std::optional<float> scale;  ///< of integers: real = scale * (q - zero_point)
  int zero_point = 0;

  size_t count() const { return static_cast<size_t>(quant::element_count(shape)); }
};

/// One item at a time.
class NetworkRun {
 public:
  virtual ~NetworkRun() = default;

  virtual const std::vector<Port>& inputs() const = 0;
  virtual const std::vector<Port>& outputs() const = 0;
  /// What the first input's pixels mean; none: not known.
  virtual const std::optional<quant::Preprocessing>& preprocessing() const = 0;
  virtual const std::vector<std::string>& class_names() const = 0;
  virtual Arithmetic arithmetic() const = 0;
  /// Of integers, as it may be given to make_run(); else "cpu".
  virtual std::string device() const = 0;

  /// Numbers as the network takes them, row-major in the port's shape. Integers are rounded half up.
  virtual void set_numbers(size_t input, std::span<const float> numbers) = 0;
  /// Pixels of the first input, planes in the network's order of channels. preprocessing() must be known.
  virtual void set_pixels(std::span<const uint8_t> pixels) = 0;
  virtual void run() = 0;
  /// The output's bytes, row-major in the port's shape and type, little endian.
  virtual std::vector<uint8_t> output(size_t i) const = 0;
};

/// Throws Error: a file that cannot be read (input), a form or device that does not fit the file (usage).
std::unique_ptr<NetworkRun> make_run(const std::string& file, const RunChoice& choice);

}  // namespace flashcell::app
