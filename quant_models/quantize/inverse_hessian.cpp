#include "quant_models/quantize/inverse_hessian.hpp"

#include <cmath>
#include <stdexcept>

namespace flashcell::quant {
namespace {

/// A square matrix, row after row.
class Square {
 public:
  Square(std::vector<double> numbers, size_t size) : numbers_(std::move(numbers)), size_(size) {}

  double& operator()(size_t row, size_t column) { return numbers_[row * size_ + column]; }
  size_t size() const { return size_; }
  std::vector<double> take() { return std::move(numbers_); }

 private:
  std::vector<double> numbers_;
  size_t size_;
};

// L with L L' = A in the lower triangle, in place.
void cholesky(Square& a) {
  for (size_t j = 0; j < a.size(); ++j) {
    for (size_t i = j; i < a.size(); ++i) {
      double sum = a(i, j);
      for (size_t k = 0; k < j; ++k) sum -= a(i, k) * a(j, k);
      a(i, j) = i == j ? std::sqrt(sum) : sum / a(j, j);
    }
  }
}

// The inverse of a lower triangle, in place.
void invert_lower(Square& l) {
  for (size_t j = 0; j < l.size(); ++j) {
    l(j, j) = 1 / l(j, j);
    for (size_t i = j + 1; i < l.size(); ++i) {
      double sum = 0;
      for (size_t k = j; k < i; ++k) sum += l(i, k) * l(k, j);
      l(i, j) = -sum / l(i, i);
    }
  }
}

}  // namespace

// With the order of rows and columns turned around, A = L L' gives A^-1 = L^-T L^-1, and L^-1, turned back, is an upper
// triangle U with U'U = A^-1.
std::vector<double> inverse_hessian_factor(std::span<const double> hessian, size_t size, double damping) {
  if (size == 0 || hessian.size() != size * size)
    throw std::invalid_argument("inverse_hessian_factor: the numbers do not make a square of that size");
  double mean = 0;
  for (size_t i = 0; i < size; ++i) mean += hessian[i * size + i] / static_cast<double>(size);
  Square turned(std::vector<double>(size * size), size);
  for (size_t r = 0; r < size; ++r)
    for (size_t c = 0; c < size; ++c) turned(r, c) = hessian[(size - 1 - r) * size + size - 1 - c];
  for (size_t i = 0; i < size; ++i) {
    if (turned(i, i) == 0) turned(i, i) = 1;
    turned(i, i) += damping * mean;
  }
  cholesky(turned);
  invert_lower(turned);
  std::vector<double> upper(size * size, 0);
  for (size_t r = 0; r < size; ++r)
    for (size_t c = r; c < size; ++c) upper[r * size + c] = turned(size - 1 - r, size - 1 - c);
  return upper;
}

}  // namespace flashcell::quant
