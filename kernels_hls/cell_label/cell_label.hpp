#pragma once
#include "kernels_hls/cell_label/gather_stage.hpp"
#include "kernels_hls/cell_label/join_cells_stage.hpp"
#include "kernels_hls/cell_label/join_parts_stage.hpp"
#include "kernels_hls/cell_label/measure_stage.hpp"
#include "kernels_hls/cell_label/pack_stage.hpp"
#include "kernels_hls/cell_label/read_stage.hpp"
#include "kernels_hls/cell_label/segment_stage.hpp"
#include "kernels_hls/cell_label/split_stage.hpp"
#include "kernels_hls/cell_label/write_stage.hpp"

namespace flashcell {
namespace kernels {

/// The streams between the stages, with the depths of their FIFOs. Two tokens let a writer and a reader work at the
/// same time; where two ways lead to the same stage, the shorter one waits for the longer one in its FIFO.
template <class S>
struct Fifos {
  using Words = hls::stream<Word, 2>;
  using Masks = hls::stream<uint64_t, 2>;
  using Groups = hls::stream<RowGroup<S>, 2>;
  using Windows = hls::stream<CellWindow<S>, 2>;
  using Parts = hls::stream<Part<S>, 2>;
  using Shapes = hls::stream<Shape<S::kSplits>, 4>;
  using Cells = hls::stream<Measured<S>, 2>;
  using Commands = hls::stream<Command<S>, 16>;  ///< as many as the measuring stage is longer than the joining one
  using ObjectWords = hls::stream<ObjectWord, 2>;
  using Counts = hls::stream<uint32_t, 8>;  ///< passes that have been split and not yet written
};

/// Splitting and joining, which differ between the modes.
template <bool kSplit>
struct Labelling {
  template <class S, class Windows, class Parts, class Shapes, class Counts>
  static void split(const Job& job, Windows& windows, Parts& parts, Shapes& shapes, Counts& foreground) {
    split_whole<S>(job, windows, parts, shapes, foreground);
  }
  template <class S, class Shapes, class Commands>
  static void join(const Job& job, Shapes& shapes, Commands& commands) {
    join_cells<S>(job, shapes, commands);
  }
};
template <>
struct Labelling<true> {
  template <class S, class Windows, class Parts, class Shapes, class Counts>
  static void split(const Job& job, Windows& windows, Parts& parts, Shapes& shapes, Counts& foreground) {
    split_parts<S>(job, windows, parts, shapes, foreground);
  }
  template <class S, class Shapes, class Commands>
  static void join(const Job& job, Shapes& shapes, Commands& commands) {
    join_parts<S>(job, shapes, commands);
  }
};

/// All frames of a launch, all stages at the same time.
template <class S>
void label_frames(const Word* frames, const Word* masks, const Word* parameters, const Job& job, Word* results) {
  typename Fifos<S>::Words words("words");
  typename Fifos<S>::Masks mask_groups("masks");
  typename Fifos<S>::Groups groups("groups");
  typename Fifos<S>::Windows windows("windows");
  typename Fifos<S>::Parts parts("parts");
  typename Fifos<S>::Shapes shapes("shapes");
  typename Fifos<S>::Cells measured("measured");
  typename Fifos<S>::Commands commands("commands");
  typename Fifos<S>::ObjectWords object_words("object_words");
  typename Fifos<S>::Counts foreground("foreground");
  FLASHCELL_HLS(DATAFLOW)
  FLASHCELL_DATAFLOW(cell_label)
  FLASHCELL_STAGE(read_frames(frames, job, words));
  FLASHCELL_STAGE(read_masks(masks, job, mask_groups));
  FLASHCELL_STAGE(segment_stage<S>(parameters, job, words, mask_groups, groups));
  FLASHCELL_STAGE(pack_stage<S>(job, groups, windows));
  FLASHCELL_STAGE(Labelling<S::kSplits>::template split<S>(job, windows, parts, shapes, foreground));
  FLASHCELL_STAGE(measure_stage<S>(job, parts, measured));
  FLASHCELL_STAGE(Labelling<S::kSplits>::template join<S>(job, shapes, commands));
  FLASHCELL_STAGE(gather_stage<S>(job, commands, measured, object_words));
  FLASHCELL_STAGE(write_stage(job, object_words, foreground, results));
  FLASHCELL_DATAFLOW_END
}

/// One launch; contract/cell_label_launch.hpp says what the buffers hold. A job that does not fit the build is answered
/// by its status in the first header, and nothing else is read or written.
template <class S>
void cell_label(const Word* frames, const Word* masks, const Word* parameters, Word* results, uint32_t frame_count,
                uint32_t sequence) {
  const Job job = check_job<S>(parameters[0], frame_count, sequence);
  if (frame_count == 0) return;
  if (job.status == contract::ResultStatus::done) {
    label_frames<S>(frames, masks, parameters, job, results);
  } else {
    results[0] = header_word(job.status, sequence, 0, 0, 0, 0, 0);
  }
}

}  // namespace kernels
}  // namespace flashcell
