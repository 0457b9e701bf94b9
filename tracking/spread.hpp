#pragma once

namespace flashcell::tracking {

/// Central second moments of an object by its area, px^2.
struct Spread {
  double xx = 0, xy = 0, yy = 0;
};

// Of the ellipse with these second moments. Worked out where they are asked for: most rows are not asked.
double orientation(const Spread& spread);  ///< rad, major axis against +x, in (-pi/2, pi/2]
double major_axis(const Spread& spread);   ///< px, full length
double minor_axis(const Spread& spread);   ///< px, full width

}  // namespace flashcell::tracking
