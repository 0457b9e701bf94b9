#pragma once
#include <functional>
#include <memory>

#include "pipeline/frame.hpp"
#include "pipeline/object_table.hpp"

namespace flashcell {

/// Says of which class each object of a frame is, from the frame. The pipeline makes one Namer a worker and
/// runs it behind the device, whatever that is; frames come in any order, and one's result depends on that frame alone.
class Namer {
 public:
  virtual ~Namer() = default;

  /// Fills `table.names`, one an object. Allocates nothing once the first frames have gone through.
  virtual void name(const Frame& frame, ObjectTable& table) = 0;
};

using NamerFactory = std::function<std::unique_ptr<Namer>()>;

}  // namespace flashcell
