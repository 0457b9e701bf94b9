#include "tests/fuzz/make_data_seeds.hpp"

#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "quant_models/train/checkpoint.hpp"
#include "tests/host/actions/random_action_model.hpp"
#include "tests/quant_models/data/tar_encoder.hpp"

namespace flashcell::test {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostSeed = 4096;  // bytes: fuzzers want small inputs

std::string read(const fs::path& path, size_t most = kMostSeed) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(most, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(most));
  bytes.resize(static_cast<size_t>(in.gcount()));
  return bytes;
}

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, bytes.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// The lines of a text that fit into a seed.
std::string whole_lines(std::string text) {
  text.resize(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
  return text;
}

std::string big_endian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

class Seeds {
 public:
  explicit Seeds(fs::path folder) : folder_(std::move(folder)) {}

  void add(const std::string& fuzzer, const std::string& name, const std::string& bytes) {
    if (bytes.empty()) return;  // of a real file that is not there
    std::error_code error;
    fs::create_directories(folder_ / fuzzer, error);
    std::ofstream out(folder_ / fuzzer / name, std::ios::binary);
    out << bytes;
    written = written && out;
  }

  bool written = true;

 private:
  fs::path folder_;
};

void add_pictures(Seeds& seeds, const fs::path& data) {
  seeds.add("picture_header", "grey.pgm", "P5 # 3\n4 3 255\n123456789abc");
  std::string bmp = "BM" + std::string(52, '\0') + std::string(64, 'x');
  bmp[2] = static_cast<char>(bmp.size());
  bmp[10] = 54;
  bmp[14] = 40;
  bmp[18] = bmp[22] = 4;
  bmp[26] = 1;
  bmp[28] = 24;
  seeds.add("picture_header", "colour.bmp", bmp);
  std::string tiff("II*\0\x08\0\0\0\x09\0", 10);
  const uint8_t entries[9][4] = {{0, 4, 4, 0},    {1, 4, 4, 0},  {2, 3, 8, 0},  {3, 3, 1, 0},  {6, 3, 1, 0},
                                 {17, 4, 122, 0}, {21, 3, 1, 0}, {22, 4, 4, 0}, {23, 4, 16, 0}};
  for (const auto& e : entries)
    tiff += std::string{
        static_cast<char>(e[0]), 1, static_cast<char>(e[1]), 0, 1, 0, 0, 0, static_cast<char>(e[2]), 0, 0, 0};
  tiff += std::string(4, '\0') + std::string(16, 'x');
  seeds.add("picture_header", "grey.tif", tiff);
  seeds.add("picture_header", "real.tif", read(data / "highspeed/cinefiles_12bpp.tif", 8192));
}

void add_data_sets(Seeds& seeds, const fs::path& data) {
  const std::string tar = tar_entry("a/b.txt", "hello") + tar_entry("././@LongLink", std::string(120, 'n'), 'L') +
                          tar_entry("n", "x") + tar_end();
  seeds.add("archive", "plain.tar", tar);
  seeds.add("archive", "packed.tgz", gzip(tar) + gzip(""));
  seeds.add("archive", "real.tar", read(data / "imagenet/imagenet_even_classes.tar", 2048));
  seeds.add("archive", "real.tgz", read(data / "detect/BCCD.tar.gz"));
  seeds.add("annotations", "voc",
            std::string(1, '\0') +
                "<annotation><object><name>cell</name><difficult>1</difficult><bndbox><xmin>1</xmin>"
                "<ymin>2</ymin><xmax>16</xmax><ymax>9</ymax></bndbox></object></annotation>");
  seeds.add("annotations", "coco",
            "\x01{\"images\":[{\"id\":1,\"file_name\":\"a.pgm\"}],\"categories\":[{\"id\":2,\"name\":\"cell\"}],"
            "\"annotations\":[{\"image_id\":1,\"category_id\":2,\"bbox\":[1,2,3.5,4],\"iscrowd\":0}]}");
  seeds.add("annotations", "scene",
            "\x02# first_frame: 0\nframe,row,id,x,y,left,top,width,height,area,visible,class\n"
            "0,1,1,4,4,2,2,5,5,20,20,\"'=disc, big\"\n");
  const std::string header = std::string("\0\0\x08\x03", 4) + big_endian(2) + big_endian(2) + big_endian(3);
  const std::string labels = std::string("\0\0\x08\x01", 4) + big_endian(2) + "\x03\x07";
  const std::string images = header + "abcdefghijkl";
  const auto pair = [](const std::string& a, const std::string& b) {
    return std::string{static_cast<char>(a.size()), static_cast<char>(a.size() >> 8)} + a + b;
  };
  seeds.add("labelled_images", "plain", pair(images, labels));
  seeds.add("labelled_images", "packed", pair(gzip(images), gzip(labels)));
  seeds.add("labelled_images", "records", std::string(1, '\x05') + std::string(3072, 'x'));
  seeds.add("labelled_images", "real", read(data / "cifar10/test_prefix.bin", 3073));
}

void add_texts(Seeds& seeds, const fs::path& data, const fs::path& source) {
  seeds.add("mot_text", "mot.txt", "1,1,10,20,30,40,1,-1,-1,-1\n2,1,11,20,30,40,0.5\n");
  seeds.add("mot_text", "tracks.csv", "# first_frame: 0\nframe,id,x,y\n0,1,2.5,3\n");
  seeds.add("mot_text", "real.txt", whole_lines(read(data / "mot/TUD-Campus/det.txt")));
  seeds.add("mot_text", "idtracker.txt", "X1\tY1\tProbId1\n1.5\t2\t0.9\nNaN\tNaN\tNaN\n");
  seeds.add("mot_text", "toxtrac.txt", "0\t0\t1\t5.5\t6\t1\n1\t0\t2\t5\t6\t1\n");
  seeds.add("mot_text", "tracktor.csv", ",frame,pos_x,pos_y,id\n0,3.0,1.5,2,A\n");
  seeds.add("mot_text", "lineage.txt", "1 0 5 0\n2 6 9 1\n");
  seeds.add("mot_text", "isbi.xml",
            "<root><TrackContestISBI2012 SNR=\"7\"><particle><detection t=\"0\" x=\"1.5\" y=\"2\" z=\"0\"/>"
            "</particle></TrackContestISBI2012></root>");
  seeds.add("mot_text", "trackmate.xml",
            "<TrackMate><Model><AllSpots><SpotsInFrame frame=\"0\"><Spot ID=\"1\" FRAME=\"0\" POSITION_X=\"2\" "
            "POSITION_Y=\"3\"/></SpotsInFrame></AllSpots><AllTracks><Track><Edge SPOT_SOURCE_ID=\"1\" "
            "SPOT_TARGET_ID=\"2\"/></Track></AllTracks></Model><Settings><ImageData pixelwidth=\"0.5\" "
            "pixelheight=\"0.5\"/></Settings></TrackMate>");
  seeds.add("mot_text", "real.csv", whole_lines(read(data / "video/sleap_clip_gt_points.csv")));
  seeds.add("marks", "points.csv", "frame,x,y,class\n3,4.5,6,fly\n9,1,2,\"'=a, b\"\n");
  seeds.add("marks", "tracks",
            std::string("id,class\n4,fly\n") + '\0' + "# words\nframe,id,state,x,y\n3,4,visible,5,6.5\n");
  seeds.add("marked_spans", "marks.csv", "# by hand\naction,last,id,first\nwalk,19,2,10\n\"a, b\",9,2,0\n,3,1,1\n");
  seeds.add("action_model", "actions.npz", host::action_model_bytes(random_action_model({false, true}, 3)));
  seeds.add("scene_spec", "all",
            "synth:discs+digits?size=64x48&objects=5&frames=9&fps=100&seed=3&radius=4..6&speed=0..1&crossing=off&"
            "start=anywhere&occluders=1&noise=2&blur=1&shutter=0.5&background=3&foreground=99&colour=on&edges=binary&"
            "dropped=0.1");
  seeds.add("recognition", "classes.json",
            "{\"format\":\"flashcell recognition\",\"version\":1,\"classes\":[\"a\",\"b\"],\"dimensions\":1,"
            "\"mean\":[0],\"projection\":[1],\"centres\":[0,1]}");
  std::string raw("\x04\0\x04\0\x10\0\0\0", 8);
  raw.resize(46, '\0');
  seeds.add("raw_frames", "grey8", raw + std::string(48, 'x'));
  seeds.add("chip", "spinnaker2", read(source / "quant_models/manycore/chips/spinnaker2.toml"));
  seeds.add("chip", "random", "1350x2,750?sparsity=0.95&seed=1");
  for (const char* part : {"quant_models/recipes", "docs/examples"}) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(source / part, error))
      if (entry.path().extension() == ".toml")
        seeds.add(std::string(part) == "docs/examples" ? "config" : "recipe", entry.path().filename().string(),
                  read(entry.path()));
  }
  quant::Checkpoint checkpoint;
  checkpoint.fingerprint = 7;
  checkpoint.step = 3;
  checkpoint.history = {{0.5, 0.001, 0.9}};
  checkpoint.tensors = {{{2, 2}, {1, 2, 3, 4}}, {{}, {5}}};
  seeds.add("checkpoint", "small", quant::encode(checkpoint));
}

}  // namespace

bool make_data_seeds(const fs::path& folder, const fs::path& data, const fs::path& source) {
  Seeds seeds(folder);
  add_pictures(seeds, data);
  add_data_sets(seeds, data);
  add_texts(seeds, data, source);
  // The first frame or two of real recordings.
  seeds.add("cine", "real_10.cine", read(data / "highspeed/cinefiles_packed_10.cine", 16384));
  seeds.add("mraw", "real.cih", read(data / "highspeed/pyidi_showcase.cih", 16384));
  seeds.add("mraw", "real.cihx", read(data / "highspeed/ball_12bit.cihx", 20000));
  return seeds.written;
}

}  // namespace flashcell::test
