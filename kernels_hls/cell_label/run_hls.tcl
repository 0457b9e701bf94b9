# Vitis HLS before 2023.2, from this folder: vitis_hls -f run_hls.tcl
# C simulation, synthesis, co-simulation and export of one build; see hls_config.cfg for another one.
set top cell_label_cell_shape_512_v1
open_project -reset work_$top
set_top $top
add_files $top.cpp -cflags "-std=c++14 -I../.."
add_files -tb cell_label_test.cpp -cflags "-std=c++14 -I../.. -DFLASHCELL_ONE_TOP"
open_solution -reset solution -flow_target vitis
set_part xcu50-fsvh2104-2-e
create_clock -period 300MHz
csim_design
csynth_design
cosim_design
export_design -format xo
exit
