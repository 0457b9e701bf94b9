#pragma once
#include <ap_axi_sdata.h>

#include "kernels_hls/cell_label/cell_label.hpp"

// The kernel without memory around it, for an FPGA that has the pixels already, such as a frame grabber's own: frames
// come in on one AXI4-Stream of 512 bits, objects leave on another.
//
//   in   one contract::CellLabelJob, then the frames. A row is a whole number of words: 64 pixels of grey8, 32 of
//   grey16,
//        the last ones padded; rows and frames follow each other without gaps. No side channel is looked at
//   out  for each frame its objects' words as in a result region, then its contract::ResultHeader with `last` set
//
// Segmentation::threshold of grey8 or grey16 frames, one class. The job's offsets are not looked at; `capacity` is. A
// job that does not fit is answered by one header with its status; the frames behind it are not taken.
namespace flashcell {
namespace kernels {

using Beat = ap_axiu<512, 0, 0, 0>;

/// The frames' words as they come.
template <class Input, class Words>
void receive_frames(Input& input, const Job& job, Words& words) {
  const uint64_t total = static_cast<uint64_t>(job.frames) * job.height * job.groups * contract::bytes_of(job.layout);
  FLASHCELL_LOOP(receive_frames, 1, 2)
  for (uint64_t i = 0; i < total; ++i) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4096 max = 8192)
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(receive_frames);
    words.write(input.read().data);
  }
}

/// In the place of the masks that are never given.
struct NoMasks {
  uint64_t read() { return 0; }
};

template <class S, class Words, class Groups>
void segment_grey_stage(const Job& job, Words& words, Groups& groups) {
  ColourClassTable unused;
  NoMasks masks;
  if (job.layout == contract::PixelLayout::grey8) {
    segment_grey<S, 1>(job, unused, words, masks, groups);
  } else {
    segment_grey<S, 2>(job, unused, words, masks, groups);
  }
}

/// Where write_stage() puts its words: a region's header comes last.
template <class Output>
class StreamResults {
 public:
  explicit StreamResults(Output& output) : output_(output) {}
  void put(uint64_t /*region*/, uint32_t place, const Word& word) {
    Beat beat = Beat();
    beat.data = word;
    beat.keep = beat.strb = ~uint64_t{0};
    beat.last = place == 0;
    output_.write(beat);
  }

 private:
  Output& output_;
};

template <class Words, class Output>
void send_stage(const Job& job, Words& words, Output& output) {
  StreamResults<Output> results(output);
  write_stage(job, words, results);
}

template <class S, class Input, class Output>
void label_stream(Input& input, const Job& job, Output& output) {
  FLASHCELL_LABELLING_STREAMS
  FLASHCELL_HLS(DATAFLOW)
  FLASHCELL_DATAFLOW(cell_label_stream)
  FLASHCELL_STAGE(receive_frames(input, job, words));
  FLASHCELL_STAGE(segment_grey_stage<S>(job, words, groups));
  FLASHCELL_LABELLING_STAGES
  FLASHCELL_STAGE(send_stage(job, object_words, output));
  FLASHCELL_DATAFLOW_END
}

/// Whether the streaming kernel can do the job; the memory's offsets do not count.
template <class S>
contract::ResultStatus stream_status(Job job) {
  if (job.status == contract::ResultStatus::wrong_version) return job.status;
  job.row_words = job.groups * contract::bytes_of(job.layout);
  job.frame_words = job.row_words * job.height;
  job.result_words = 0xFFFFFFFFu;
  const bool grey = job.layout == contract::PixelLayout::grey8 || job.layout == contract::PixelLayout::grey16;
  const bool can = grey && job.segmentation == contract::Segmentation::threshold && job_fits<S>(job);
  return can ? contract::ResultStatus::done : contract::ResultStatus::bad_job;
}

template <class S, class Input, class Output>
void cell_label_stream(Input& input, Output& output, uint32_t frame_count, uint32_t sequence) {
  Job job = check_job<S>(input.read().data, frame_count, sequence);
  job.status = stream_status<S>(job);
  if (job.status != contract::ResultStatus::done) {
    StreamResults<Output>(output).put(0, 0, refusal_word(job.status, sequence));
  } else if (frame_count > 0) {
    label_stream<S>(input, job, output);
  }
}

}  // namespace kernels
}  // namespace flashcell
