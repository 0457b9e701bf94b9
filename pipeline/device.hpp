#pragma once
#include <string>

#include "pipeline/frame.hpp"
#include "pipeline/object_table.hpp"

namespace flashcell {

/// Takes frames, returns object tables: segmentation, labelling and features. The same bytes from every implementation.
class Device {
 public:
  virtual ~Device() = default;
  virtual std::string name() const = 0;

  /// True when a frame's result depends on the frames before it (a running background): process() must then see every
  /// frame in order.
  virtual bool in_order() const = 0;

  /// Objects of `frame` into `table` (cleared first). Allocates nothing once the first frames have gone through.
  /// One call at a time for each Device; the pipeline makes one Device a worker.
  virtual void process(const FrameView& frame, ObjectTable& table) = 0;
};

}  // namespace flashcell
