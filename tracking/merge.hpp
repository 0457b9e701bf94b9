#pragma once
#include <span>
#include <vector>

#include "tracking/association.hpp"
#include "tracking/pixel_split.hpp"

namespace flashcell::tracking {

/// Blobs that hold several objects. A track without a detection whose predicted box lies inside a detection's box is in
/// there, together with whoever has that detection; all of them are then `merged`, keep the size and looks they had
/// alone, and are moved by their motion models and by the blob's sides, each of which is one member's side.
class Merges {
 public:
  explicit Merges(const Motion& motion) : motion_(motion) {}

  /// How far from its prediction a track is looked for.
  enum class Within : uint8_t {
    inside,  ///< the predicted box lies in a blob that has area to spare
    near,    ///< it may stick out where the blob has area to spare; else it lies inside
  };

  /// A new frame.
  void start(const Observations& frame);
  /// Puts tracks without a detection into blobs.
  void join(std::vector<Track>& tracks, std::span<const int32_t> alive, Within within, Observations& frame);
  /// Keeps tracks that have nothing else in the blob that they shared last: who is hidden there turns as the others do,
  /// and does not leave unseen.
  void keep(std::vector<Track>& tracks, std::span<const int32_t> alive, Observations& frame);
  /// Closes the frame: adds the blobs' owners, weighs and corrects the members.
  void finish(std::vector<Track>& tracks, Observations& frame);

 private:
  struct Member {
    int32_t detection, track;
  };

  double spare_area(int32_t index, const std::vector<Track>& tracks, const Observations& frame) const;
  int32_t find_blob(const Track& track, Within within, const std::vector<Track>& tracks,
                    const Observations& frame) const;
  int32_t follow_blob(Track& track, const Observations& frame) const;
  void put(Track& track, int32_t index, int32_t blob, Observations& frame);
  void add_owners(std::vector<Track>& tracks, Observations& frame);
  void sort_members(size_t detections);
  void find_overlaps(const std::vector<Track>& tracks, std::span<const Member> members);
  /// Returns the area that the members should cover together.
  double weigh_members(std::vector<Track>& tracks, std::span<const Member> members, const Observations& frame) const;
  double own_area(const std::vector<Track>& tracks, std::span<const Member> members, size_t i, size_t end) const;
  void fit_centroid(std::vector<Track>& tracks, std::span<const Member> members, const Observations& frame);
  bool divide(int32_t index, const Observations& frame);
  void fit(std::vector<Track>& tracks, std::span<const Member> members, bool explained, const Observations& frame);

  const Motion& motion_;
  std::vector<Box> boxes_;
  SpatialGrid grid_;
  std::vector<Member> members_, unsorted_;
  std::vector<int32_t> ends_;      ///< of each detection's members
  std::vector<double> overlaps_;   ///< area that members i and k of a blob share at [i * members + k]
  std::vector<double> shares_;     ///< of the blob's area that each member shows alone
  std::vector<Track*> tracks_of_;  ///< the members' tracks
  PixelSplit split_;
  std::vector<Part> known_;  ///< of each member
};

}  // namespace flashcell::tracking
