#pragma once
#include <stdexcept>
#include <string>

namespace flashcell::quant {

/// A model, weights file or data set that cannot be used: one line that says what, where and what to do.
/// Wrong arguments of a function (a caller's mistake) are std::invalid_argument instead.
class ModelError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace flashcell::quant
