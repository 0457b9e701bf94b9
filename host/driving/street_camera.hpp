#pragma once

namespace flashcell::host {

/// Metres: x to the right, y up from the road, z along it, from where the car is at the beginning.
struct Point3 {
  float x = 0, y = 0, z = 0;

  friend Point3 operator+(Point3 a, Point3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
  friend Point3 operator-(Point3 a, Point3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
  friend Point3 operator*(Point3 a, float b) { return {a.x * b, a.y * b, a.z * b}; }
};

inline float dot(Point3 a, Point3 b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

inline Point3 cross(Point3 a, Point3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

struct Point2 {
  float x = 0, y = 0;  ///< px, pixel centres are integers
};

/// A pinhole camera that looks along the road. Small turns move the whole picture.
struct StreetCamera {
  float focal = 0;                  ///< px
  float centre_x = 0, horizon = 0;  ///< px of the vanishing point
  float height = 1.35F;             ///< m above the road
  float z = 0;                      ///< m along the road

  /// Of a point in front of the camera.
  Point2 project(Point3 p) const {
    const float scale = focal / (p.z - z);
    return {centre_x + p.x * scale, horizon - (p.y - height) * scale};
  }
};

}  // namespace flashcell::host
