#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant {

/// One array of a .npy file: numbers of one type, little endian, row-major. Format: numpy.lib.format, versions 1 to 3.
struct NumpyArray {
  std::string type;  ///< NumPy's name: "f4", "f8", "i1".."i8", "u1".."u8", "b1"
  Shape shape;
  std::vector<uint8_t> bytes;

  /// The numbers as doubles; 64-bit integers beyond 2^53 are rounded.
  std::vector<double> numbers() const;
  /// The array as float32. Throws ModelError when it does not fit a Tensor.
  Tensor tensor() const;
};

/// Throws ModelError, with `name`, on a damaged file and on types other than the ones above; big endian and
/// column-major arrays are refused.
NumpyArray read_npy(std::span<const uint8_t> file, const std::string& name);

/// The arrays of a .npz file by their names without ".npy".
std::map<std::string, NumpyArray> read_npz(std::span<const uint8_t> file, const std::string& name);
std::map<std::string, NumpyArray> read_npz(const std::string& path);

}  // namespace flashcell::quant
