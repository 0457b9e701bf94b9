#pragma once
#include <cmath>

namespace flashcell::host {

/// sin(2*pi*turns) by its Taylor series (error below 1e-9): only operations that IEEE 754 rounds alike everywhere,
/// which libm's are not.
inline double sine_of_turns(double turns) {
  double u = turns - std::floor(turns);  // 0..1
  double sign = 1;
  if (u >= 0.5) {
    u -= 0.5;
    sign = -1;
  }
  if (u > 0.25) u = 0.5 - u;
  const double x = u * 6.283185307179586;
  const double s = x * x;
  return sign * x *
         (1 + s * (-1.0 / 6 + s * (1.0 / 120 + s * (-1.0 / 5040 + s * (1.0 / 362880 + s * (-1.0 / 39916800))))));
}

inline double cosine_of_turns(double turns) {
  return sine_of_turns(turns + 0.25);
}

}  // namespace flashcell::host
