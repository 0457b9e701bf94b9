#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "host/device/device_factory.hpp"
#include "pipeline/frame.hpp"
#include "pipeline/object_table.hpp"

namespace flashcell::host {

/// Which pixels are whose: segments a frame once more and labels its pixels, as the devices did whatever they are. Must
/// see the same frames as they, in order. For people who want to see labels: takes longer than measuring the objects.
class ObjectPixels {
 public:
  /// Throws Error(Fault::usage) when a parameter does not fit.
  explicit ObjectPixels(const DevicePlan& plan);
  ~ObjectPixels();
  ObjectPixels(const ObjectPixels&) = delete;
  ObjectPixels& operator=(const ObjectPixels&) = delete;

  /// For each pixel, in raster order, 1 + the index in `table` of the object that it belongs to, 0: of none. Pixels of
  /// objects that the table does not have (too small or too large for it, or beyond its room) are of none. Stays until
  /// the next call.
  const std::vector<uint32_t>& render(const Frame& frame, const ObjectTable& table);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  std::vector<uint32_t> owners_;
};

}  // namespace flashcell::host
