#pragma once
#include <string>
#include <vector>

#include "host/config/config.hpp"
#include "host/label/bit_image.hpp"
#include "pipeline/frame.hpp"
#include "pipeline/object_table.hpp"

namespace flashcell::app {

/// Frames with their segmentation as one self-contained HTML page, on which regions are drawn, lengths measured and
/// parameters tried by hand, with the result shown at once, and which saves the configuration.
class TunePage {
 public:
  /// `significant_bits` of a grey16 frame; the page shows 8.
  explicit TunePage(int significant_bits) : bits_(significant_bits) {}

  /// Takes a frame, its foreground and the objects in it.
  void add(const Frame& frame, const std::vector<host::BitImage>& masks, const ObjectTable& table);

  struct Facts {
    std::string recording;
    double fps = 0;      ///< frames/s; 0: not known
    std::string reason;  ///< why the configuration is what it is; may be empty
  };
  /// The page. `config` is what the frames were segmented with.
  std::string html(const host::Config& config, const Facts& facts) const;

 private:
  struct Picture {
    int64_t number;
    std::string grey, mask;  ///< PNG, base64
    uint32_t objects;
  };

  int bits_, width_ = 0, height_ = 0;
  std::vector<Picture> pictures_;
};

}  // namespace flashcell::app
