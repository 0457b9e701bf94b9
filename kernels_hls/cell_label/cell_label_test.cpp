// Testbench of the kernels on memory: each picture goes through a top function, once as masks and once as grey frames
// with a threshold, two frames a launch. Exit code 0: all are as expected. FLASHCELL_TOP: testbench.hpp.
#include "kernels_hls/cell_label/testbench.hpp"

namespace {

using namespace flashcell;
using namespace flashcell::testbench;

/// What a launch of kFrames frames reads and writes.
struct Memory {
  ap_uint<512> frames[kFrames * kFrameWords], masks[kFrames * kFrameWords];
  ap_uint<512> parameters[FLASHCELL_COSIM_PARAMETER_WORDS];
  ap_uint<512> results[kFrames * kResultWords];
};

/// Every frame of the launch is the picture.
void fill(const Picture& picture, const contract::CellLabelJob& job, Memory& memory) {
  store(&job, memory.parameters[0]);
  for (uint32_t word = 0; word < kFrames * kFrameWords; ++word) {
    const int y = static_cast<int>(word % kFrameWords);
    uint8_t grey[kSide], mask[contract::kWordBytes] = {};
    grey_row(picture, y, grey);
    for (int x = 0; x < kSide; ++x) {
      if (picture.pixels[y][x]) mask[x / 8] = static_cast<uint8_t>(mask[x / 8] | 1 << (x % 8));
    }
    store(grey, memory.frames[word]);
    store(mask, memory.masks[word]);
  }
}

/// False where no kernel at hand knows the mode.
bool launch(Connectivity connectivity, Memory& memory) {
#ifdef FLASHCELL_TOP
  if (!knows(FLASHCELL_TEXT(FLASHCELL_TOP), connectivity)) return false;
  const kernels::CellLabelKernel top = FLASHCELL_TOP;
#else
  const kernels::CellLabelKernel top =
      connectivity == Connectivity::cell ? cell_label_cell_shape_512_v3 : cell_label_exact_shape_512_v3;
#endif
  top(memory.frames, memory.masks, memory.parameters, memory.results, kFrames, kSequence);
  return true;
}

/// Objects of a frame; -1 when the kernel has not done it.
int objects_of(const Memory& memory, uint32_t frame, ObjectRecord* records) {
  const ap_uint<512>* region = memory.results + frame * kResultWords;
  contract::ResultHeader header;
  load(region[0], &header);
  if (header.status != contract::ResultStatus::done || header.sequence != kSequence + frame) return -1;
  for (uint32_t i = 0; i < header.objects; ++i) load(region[1 + i], &records[i]);
  return static_cast<int>(header.objects);
}

bool check_frame(const Picture& picture, Connectivity connectivity, const Memory& memory, uint32_t frame) {
  static ObjectRecord records[kCapacity];
  const int count = objects_of(memory, frame, records);
  if (count < 0) {
    printf("FAILED %s, mode %d: frame %u is not done\n", picture.name, static_cast<int>(connectivity), frame);
    return false;
  }
  return check_objects(picture, connectivity, records, count);
}

void check(const Picture& picture, Connectivity connectivity, int& checks, int& failures) {
  static Memory memory;
  for (int given = 0; given < 2; ++given) {
    fill(picture, job_of(picture, connectivity, given != 0), memory);
    if (!launch(connectivity, memory)) return;
    ++checks;
    bool good = true;
    for (uint32_t frame = 0; frame < kFrames; ++frame) good = good && check_frame(picture, connectivity, memory, frame);
    if (!good) ++failures;
  }
}

}  // namespace

int main() {
  return check_all("cell_label", check);
}
