// The FPGA kernel's own sources, run on the CPU.
#include <cstring>
#include <vector>

#include "host/label/label_checks.hpp"
#include "host/label/labeller.hpp"
#include "host/label/object_selection.hpp"
#include "kernels_hls/cell_label/cell_label.hpp"
#include "kernels_hls/contract/colour.hpp"

namespace flashcell::host {
namespace {

using kernels::CellPixels;

uint64_t cell_at(const BitImage& mask, int column, int row) {
  uint64_t cell = 0;
  for (int r = 0; r < contract::kCellSide; ++r) {
    const uint64_t* words = mask.row(contract::kCellSide * row + r);
    cell |= ((words[column / 8] >> (8 * (column % 8))) & 0xFF) << (8 * r);
  }
  return cell;
}

void read_pixel(const FrameView& frame, int x, int y, int index, CellPixels& cell) {
  const uint8_t* p = frame.row(y) + static_cast<ptrdiff_t>(x) * bytes_per_pixel(frame.format);
  if (is_colour(frame.format)) {
    const bool rgb = frame.format == PixelFormat::rgb8;
    cell.red[index] = p[rgb ? 0 : 2];
    cell.green[index] = p[1];
    cell.blue[index] = p[rgb ? 2 : 0];
    cell.grey[index] = contract::luma8(cell.red[index], cell.green[index], cell.blue[index]);
  } else if (frame.format == PixelFormat::grey8) {
    cell.grey[index] = *p;
  } else {
    std::memcpy(&cell.grey[index], p, sizeof cell.grey[index]);
  }
}

CellPixels pixels_at(const FrameView& frame, int column, int row) {
  CellPixels cell{};
  for (int r = 0; r < contract::kCellSide; ++r) {
    for (int c = 0; c < contract::kCellSide; ++c) {
      const int x = contract::kCellSide * column + c, y = contract::kCellSide * row + r;
      if (x < frame.width && y < frame.height) read_pixel(frame, x, y, contract::kCellSide * r + c, cell);
    }
  }
  return cell;
}

/// S is the kernel build that the frame fits into.
template <class S>
class HlsLabeller final : public Labeller {
 public:
  explicit HlsLabeller(const contract::LabelParameters& parameters)
      : parameters_(parameters), job_(kernels::make_job(parameters)), state_(new kernels::CellLabelState<S>) {}

  void label(const BitImage& mask, const FrameView& pixels, uint32_t colour_class, ObjectTable& table) override {
    check_input(parameters_, mask, pixels, colour_class);
    send(mask, pixels);
    kernels::CellLabelCounts counts{};
    kernels::cell_label<S>(job_, cells_, pixels_, *state_, streams_, objects_, counts);
    receive(colour_class);
    append(counts, table);
  }

 private:
  void send(const BitImage& mask, const FrameView& pixels) {
    const bool needs_pixels = (job_.features & (contract::kFeatureHue | contract::kFeatureIntensity)) != 0;
    for (int row = 0; row < job_.rows; ++row) {
      for (int column = 0; column < job_.columns; ++column) {
        cells_.write(cell_at(mask, column, row));
        if (needs_pixels) pixels_.write(pixels_at(pixels, column, row));
      }
    }
  }

  void receive(uint32_t colour_class) {
    records_.clear();
    features_.clear();
    for (kernels::ObjectWord word = objects_.read(); !word.last; word = objects_.read()) {
      contract::ObjectRecord record;
      std::memcpy(&record, word.lanes, sizeof record);
      record.class_id = colour_class;
      records_.push_back(record);
      if (job_.features != 0) features_.push_back(receive_features());
    }
  }

  contract::ObjectFeatures receive_features() {
    contract::ObjectFeatures features;
    for (int i = 0; i < kernels::kFeatureWords; ++i) {
      const kernels::ObjectWord word = objects_.read();
      std::memcpy(reinterpret_cast<std::byte*>(&features) + i * sizeof word.lanes, word.lanes, sizeof word.lanes);
    }
    return features;
  }

  void append(const kernels::CellLabelCounts& counts, ObjectTable& table) {
    candidates_.clear();
    for (uint32_t i = 0; i < records_.size(); ++i) {
      candidates_.push_back({records_[i].first_pixel, i, records_[i].bottom});
    }
    const size_t kept = select_objects(candidates_, parameters_.max_objects, table);
    append_objects({candidates_.data(), kept}, records_, features_, table);
    table.summary.filtered += counts.filtered;
    table.summary.foreground += counts.foreground;
  }

  const contract::LabelParameters parameters_;
  const kernels::Job job_;
  const std::unique_ptr<kernels::CellLabelState<S>> state_;
  kernels::CellLabelStreams<S> streams_;
  hls::stream<uint64_t> cells_{"cells"};
  hls::stream<CellPixels> pixels_{"pixels"};
  hls::stream<kernels::ObjectWord> objects_{"objects"};
  std::vector<contract::ObjectRecord> records_;
  std::vector<contract::ObjectFeatures> features_;  // of each record, where any are measured
  std::vector<Candidate> candidates_;
};

/// The smallest build that the frame fits into: its tables are as narrow as on a board.
template <bool kSplit>
std::unique_ptr<Labeller> make_for_size(const contract::LabelParameters& parameters) {
  constexpr int kUsualSide = 512;
  if (parameters.width <= kUsualSide && parameters.height <= kUsualSide) {
    return std::make_unique<HlsLabeller<kernels::Sizes<kUsualSide, kSplit>>>(parameters);
  }
  return std::make_unique<HlsLabeller<kernels::Sizes<contract::kMaxFrameSide, kSplit>>>(parameters);
}

}  // namespace

std::unique_ptr<Labeller> make_hls_labeller(const contract::LabelParameters& parameters) {
  check_parameters(parameters);
  if (parameters.connectivity == contract::Connectivity::cell) return make_for_size<false>(parameters);
  return make_for_size<true>(parameters);
}

}  // namespace flashcell::host
