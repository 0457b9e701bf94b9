// Testbench of the streaming kernels: each picture goes through a top function as grey frames with a threshold, two
// frames a launch. Exit code 0: all are as expected. FLASHCELL_TOP: testbench.hpp.
#include "kernels_hls/cell_label/stream_kernels.hpp"
#include "kernels_hls/cell_label/testbench.hpp"

namespace {

using namespace flashcell;
using namespace flashcell::testbench;
using kernels::Beat;

using StreamKernel = void (*)(hls::stream<Beat>&, hls::stream<Beat>&, uint32_t, uint32_t);

void send(const void* bytes, hls::stream<Beat>& input) {
  ap_uint<512> word;
  store(bytes, word);
  Beat beat = Beat();
  beat.data = word;
  beat.keep = beat.strb = ~uint64_t{0};
  input.write(beat);
}

/// The job, then the picture's rows, for each frame of the launch.
void send_all(const Picture& picture, Connectivity connectivity, hls::stream<Beat>& input) {
  const contract::CellLabelJob job = job_of(picture, connectivity, false);
  send(&job, input);
  for (uint32_t frame = 0; frame < kFrames; ++frame) {
    for (int y = 0; y < picture.height; ++y) {
      uint8_t grey[kSide];
      grey_row(picture, y, grey);
      send(grey, input);
    }
  }
}

/// The frame's objects, up to its header; -1 when that does not say that it is done.
int receive_objects(uint32_t frame, hls::stream<Beat>& output, ObjectRecord* records) {
  for (uint32_t count = 0; count <= kCapacity && !output.empty(); ++count) {
    const Beat beat = output.read();
    const ap_uint<512> word = beat.data;
    if (beat.last == 0) {
      load(word, &records[count < kCapacity ? count : 0]);
      continue;
    }
    contract::ResultHeader header;
    load(word, &header);
    const bool done = header.status == contract::ResultStatus::done && header.sequence == kSequence + frame &&
                      header.objects == count;
    return done ? static_cast<int>(count) : -1;
  }
  return -1;
}

/// False where no kernel at hand knows the mode.
bool launch(Connectivity connectivity, hls::stream<Beat>& input, hls::stream<Beat>& output) {
#ifdef FLASHCELL_TOP
  if (!knows(FLASHCELL_TEXT(FLASHCELL_TOP), connectivity)) return false;
  const StreamKernel top = FLASHCELL_TOP;
#else
  const StreamKernel top =
      connectivity == Connectivity::cell ? cell_label_stream_cell_shape_512_v3 : cell_label_stream_exact_shape_512_v3;
#endif
  top(input, output, kFrames, kSequence);
  return true;
}

void check(const Picture& picture, Connectivity connectivity, int& checks, int& failures) {
  static ObjectRecord records[kCapacity];
  hls::stream<Beat> input("input"), output("output");
  send_all(picture, connectivity, input);
  if (!launch(connectivity, input, output)) {
    while (!input.empty()) input.read();
    return;
  }
  ++checks;
  bool good = true;
  for (uint32_t frame = 0; frame < kFrames && good; ++frame) {
    const int count = receive_objects(frame, output, records);
    if (count < 0) {
      printf("FAILED %s, mode %d: frame %u is not done\n", picture.name, static_cast<int>(connectivity), frame);
      good = false;
    } else {
      good = check_objects(picture, connectivity, records, count);
    }
  }
  if (good && (!input.empty() || !output.empty())) {
    printf("FAILED %s, mode %d: words are left\n", picture.name, static_cast<int>(connectivity));
    good = false;
  }
  if (!good) ++failures;
}

}  // namespace

int main() {
  return check_all("cell_label_stream", check);
}
