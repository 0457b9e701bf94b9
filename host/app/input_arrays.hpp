#pragma once
#include <map>
#include <string>
#include <vector>

#include "host/app/network_run.hpp"
#include "quant_models/data/numpy_file.hpp"

// Arrays of a file as the inputs of a network, whatever their number.
namespace flashcell::app {

using Arrays = std::map<std::string, quant::NumpyArray>;

/// Arrays for all of a network's inputs, in its order, each `items` items long.
struct InputArrays {
  std::string file;  ///< for people
  std::vector<quant::NumpyArray> arrays;
  size_t items = 0;
};

/// The arrays of a .npz file by their names, or that of a .npy file under an empty one. Throws quant::ModelError.
Arrays read_arrays(const std::string& path);

/// "N x 3 x 8 x 8" without the N; "one number".
std::string shape_text(const quant::Shape& shape);

/// Which array is which input: by its name, or the only one of any name where there is one input. Throws
/// Error(Fault::input) that names `file`: an array that is missing, that no input is called after, of another shape, or
/// of another number of items.
InputArrays match_inputs(const std::string& file, const NetworkRun& network, Arrays arrays);

/// One input's items as the network takes them: bytes of the first input are pixels, all else its own numbers.
class InputFeed {
 public:
  /// Throws Error(Fault::input) for bytes that mean nothing to the network, and for numbers that are not finite.
  InputFeed(const std::string& file, NetworkRun& network, size_t input, quant::NumpyArray array);

  void set(size_t item);

 private:
  NetworkRun& network_;
  size_t input_, each_;
  quant::NumpyArray array_;
  std::vector<float> numbers_;
  bool pixels_ = false;
};

/// Feeds for all inputs.
std::vector<InputFeed> feeds_of(NetworkRun& network, InputArrays inputs);

}  // namespace flashcell::app
