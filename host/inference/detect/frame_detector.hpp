#pragma once
#include <memory>
#include <span>
#include <vector>

#include "host/inference/detect/box_decoder.hpp"
#include "host/inference/input_table.hpp"
#include "host/inference/network_engine.hpp"
#include "host/inference/resample/resampler.hpp"

namespace flashcell::host {

/// Finds objects in whole frames with a quantized detector. A frame of another size than the network's input is
/// stretched to it, as pictures are in training. With a cell detector it allocates nothing once it has seen a frame.
/// One thread at a time.
class FrameDetector {
 public:
  /// Throws Error(Fault::input) when the model is no detector.
  FrameDetector(const quant::PackedModel& model, const quant::DecodeOptions& options, int significant_bits,
                const EngineFactory& make_engine = make_cpu_engine);

  int classes() const { return decoder_->classes(); }

  /// Boxes in the frame's pixels, cut off at its edges, strongest first; valid until the next call. `frame_number`: in
  /// the recording.
  std::span<const quant::Detection> detect(const FrameView& frame, int64_t frame_number = 0);

  /// What the network says of the class of the last frame's detection `index`; its confidence is the detection's score.
  tracking::ClassBelief name(size_t index) const { return decoder_->class_of(output_, detections_[index]); }

 private:
  /// What the network takes: the frame itself where nothing is to be changed, else a copy.
  std::span<const uint8_t> input_of(const FrameView& frame);

  inference::Resampler resampler_;
  InputTable table_;
  std::unique_ptr<NetworkEngine> engine_;
  std::unique_ptr<BoxDecoder> decoder_;
  std::vector<uint8_t> input_, output_;
  std::vector<quant::Detection> detections_;
};

}  // namespace flashcell::host
