#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/frame.hpp"

namespace flashcell::host {

/// The sampled frames in grey: views of what is grey already, else copies of luma8.
class GreyFrames {
 public:
  explicit GreyFrames(std::span<const FrameView> frames);
  std::span<const FrameView> views() const { return views_; }

 private:
  std::vector<std::vector<uint8_t>> luma_;
  std::vector<FrameView> views_;
};

/// Grey of pixel (x, y) of a grey8 or grey16 frame.
int grey_at(const FrameView& grey, int x, int y);

}  // namespace flashcell::host
