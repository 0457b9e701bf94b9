#pragma once

namespace flashcell::tracking {

template <class Number>
constexpr Number square(Number value) {
  return value * value;
}

}  // namespace flashcell::tracking
