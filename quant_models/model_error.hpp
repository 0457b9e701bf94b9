#pragma once
#include "base/error.hpp"

namespace flashcell::quant {

/// A model, weights file or data set that cannot be used: one line that says what, where and what to do.
/// Wrong arguments of a function (a caller's mistake) are std::invalid_argument instead.
class ModelError : public Error {
 public:
  explicit ModelError(const std::string& line) : Error(Fault::input, line) {}
};

}  // namespace flashcell::quant
