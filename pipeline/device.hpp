#pragma once
#include <functional>
#include <memory>
#include <string>

#include "pipeline/frame.hpp"
#include "pipeline/object_table.hpp"

namespace flashcell {

/// A device that works on several frames at a time, such as a board: submit() up to depth() frames, then collect() them
/// in the same order. One call at a time.
class QueueDevice {
 public:
  virtual ~QueueDevice() = default;

  /// Frames that may be submitted and not collected, at most; 1 or more.
  virtual int depth() const = 0;

  /// Takes a frame. Neither `frame` nor its pixels are read after this returns; its objects come into `table`, which
  /// must stay until the frame has been collected. Throws Error(Fault::device) when the device is lost for good.
  virtual void submit(const Frame& frame, ObjectTable& table) = 0;

  /// Waits for the oldest frame: null when its table is complete, else the cause why the frame is lost, a text that
  /// stays. May throw as submit() does; the frames in flight are then lost.
  virtual const char* collect() = 0;
};

/// Takes frames, returns object tables. Devices that segment, label and measure give the same bytes from every
/// implementation; others take the objects from a network or a file.
class Device {
 public:
  virtual ~Device() = default;
  virtual std::string name() const = 0;

  /// True when a frame's result depends on the frames before it (a running background): process() must then see every
  /// frame in order.
  virtual bool in_order() const = 0;

  /// Objects of `frame` into `table` (cleared first); `table.detections` only where the tracker is to see something
  /// else than the records say. Allocates nothing once the first frames have gone through.
  /// One call at a time for each Device; the pipeline makes one Device a worker.
  virtual void process(const Frame& frame, ObjectTable& table) = 0;

  /// The same device where it keeps several frames in flight, else null. The pipeline then calls that instead of
  /// process(), makes one Device only, and shows it every frame in order.
  virtual QueueDevice* queue() { return nullptr; }
};

using DeviceFactory = std::function<std::unique_ptr<Device>()>;

}  // namespace flashcell
