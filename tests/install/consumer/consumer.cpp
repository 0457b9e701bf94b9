// Two bright squares that move apart: labelled and followed, frame by frame; a network read and named.
#include <flashcell/host/inference/network.hpp>
#include <flashcell/host/label/labeller.hpp>
#include <flashcell/host/segment/segmenter.hpp>
#include <flashcell/tracking/detection.hpp>
#include <flashcell/tracking/tracker.hpp>

#include <cstdio>
#include <vector>

int main(int argc, char** argv) {
  using namespace flashcell;
  constexpr int kSide = 128;
  std::vector<uint8_t> pixels(kSide * kSide);
  FrameView view;
  view.data = pixels.data();
  view.width = view.height = kSide;
  view.stride = kSide;

  host::SegmentParameters segment;
  segment.method = host::SegmentMethod::threshold;
  const auto segmenter = host::make_segmenter(segment, kSide, kSide, PixelFormat::grey8);
  contract::LabelParameters label;
  label.width = label.height = kSide;
  const auto labeller = host::make_fast_labeller(label);
  host::BitImage mask(kSide, kSide);
  ObjectTable table;
  table.reserve(label);
  tracking::Tracker tracker({}, 2000);

  size_t tracks = 0;
  for (int frame = 0; frame < 20; ++frame) {
    std::fill(pixels.begin(), pixels.end(), uint8_t{0});
    for (const int left : {40 - frame, 80 + frame})
      for (int y = 60; y < 70; ++y)
        for (int x = left; x < left + 10; ++x) pixels[static_cast<size_t>(y * kSide + x)] = 200;
    segmenter->segment(view, &mask);
    table.clear();
    labeller->label(mask, view, 0, table);
    std::vector<tracking::Detection> detections;
    for (size_t i = 0; i < table.objects.size(); ++i)
      detections.push_back(tracking::make_detection(table.objects[i], table.features_of(i), {}));
    tracks = tracker.update(frame, frame / 2000.0, detections).size();
  }
  std::printf("%zu tracks\n", tracks);
  if (argc > 1) std::printf("%zu classes\n", host::classes_of(host::read_network(argv[1])).size());
  return tracks == 2 ? 0 : 1;
}
