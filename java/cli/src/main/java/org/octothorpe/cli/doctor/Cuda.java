package org.octothorpe.cli.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Whether a CUDA device can be used, and if not, every reason. */
record Cuda(boolean usable, List<String> reasons) {
  private static final String DEVICE_CLASS = "org.octothorpe.cuda.CudaDevice";
  private static final String DRIVER = "libcuda.so.1";

  /** Looks for the driver library and for the jar with the CUDA kernels. */
  static Cuda probe() {
    List<String> reasons = new ArrayList<>();
    if (driverFolder().isEmpty()) {
      reasons.add("no driver library " + DRIVER);
    }
    if (!onClassPath(DEVICE_CLASS)) {
      reasons.add("no octothorpe-cuda on the class path");
    }
    return new Cuda(reasons.isEmpty(), reasons);
  }

  private static boolean onClassPath(String name) {
    return Cuda.class.getClassLoader().getResource(name.replace('.', '/') + ".class") != null;
  }

  /** Returns the folder with the driver library, or "". */
  private static String driverFolder() {
    List<String> folders = new ArrayList<>();
    String environment = System.getenv("LD_LIBRARY_PATH");
    if (environment != null) {
      folders.addAll(List.of(environment.split(":")));
    }
    folders.addAll(List.of(System.getProperty("java.library.path", "").split(":")));
    folders.addAll(
        List.of("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/lib/wsl/lib"));
    for (String folder : folders) {
      if (!folder.isEmpty() && Files.exists(Path.of(folder, DRIVER))) {
        return folder;
      }
    }
    return "";
  }
}
