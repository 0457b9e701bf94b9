#pragma once
#include <cstdint>
#include <vector>

namespace flashcell::host {

/// Red, green, blue; of surfaces a share of the light, of pixels light.
struct Colour {
  float red = 0, green = 0, blue = 0;

  friend Colour operator+(Colour a, Colour b) { return {a.red + b.red, a.green + b.green, a.blue + b.blue}; }
  friend Colour operator*(Colour a, Colour b) { return {a.red * b.red, a.green * b.green, a.blue * b.blue}; }
  friend Colour operator*(Colour a, float b) { return {a.red * b, a.green * b, a.blue * b}; }
};

/// `share` of b, the rest of a.
inline Colour mix(Colour a, Colour b, float share) {
  return a * (1 - share) + b * share;
}

/// Light that comes from each point of the scene, in lux times reflectance, and whose pixel it is.
struct LightImage {
  LightImage(int w, int h)
      : width(w), height(h), light(static_cast<size_t>(w) * h), owner(static_cast<size_t>(w) * h) {}

  int width, height;            ///< px
  std::vector<Colour> light;    ///< row by row
  std::vector<uint16_t> owner;  ///< 0: the street, else the number of the road user
};

}  // namespace flashcell::host
