#pragma once
#include <cstdint>
#include <opencv2/core.hpp>
#include <optional>
#include <vector>

namespace flashcell::host {

/// Finds room for the labels of a picture's objects, such that no label, and no line to one, covers another label or
/// object. Close to its object where there is room, else a little away from it, else nowhere. The time for a label is
/// bounded, whatever the crowd; memory is a byte for each 4×4 pixels.
class LabelPlaces {
 public:
  static constexpr int kSlots = 24;  ///< places around an object that are tried

  explicit LabelPlaces(cv::Size picture);

  /// Begins a picture with these objects' boxes, px. Of one that fills much of it only the rim is kept free.
  void begin(const std::vector<cv::Rect>& objects);

  struct Place {
    cv::Rect box;
    int slot = 0;        ///< which of the places: to be asked for in the next picture, so that labels stay still
    bool apart = false;  ///< so far away that a line should lead there:
    cv::Point from, to;  ///< from the object's edge to the label's, px
  };

  /// Room for a label of this size; taken, where there is.
  std::optional<Place> take(const cv::Rect& object, cv::Size label, int wanted_slot);

 private:
  void add_cover(const cv::Rect& box);
  bool is_free(const cv::Rect& box) const;
  bool is_line_free(const Place& place, const cv::Rect& object) const;
  cv::Rect cells_of(const cv::Rect& box) const;

  cv::Size picture_, grid_;
  std::vector<int32_t> edges_;    // where covers begin and end, to be summed up
  std::vector<uint8_t> covered_;  // by an object or a label, a cell each
};

}  // namespace flashcell::host
