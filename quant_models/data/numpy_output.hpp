#pragma once
#include <string>
#include <utility>
#include <vector>

#include "quant_models/data/numpy_file.hpp"

namespace flashcell::quant {

/// The bytes of a .npy file, version 1.
std::string npy_bytes(const NumpyArray& array);

/// The bytes of a .npz file as numpy.savez writes it: a ZIP archive of NAME.npy, stored, without times. Equal arrays
/// give equal bytes. Throws Error(Fault::input) for 4 GiB and more.
std::string npz_bytes(const std::vector<std::pair<std::string, NumpyArray>>& arrays);

/// An array of one number.
NumpyArray numpy_scalar(float number);
NumpyArray numpy_scalar(int32_t number);

}  // namespace flashcell::quant
