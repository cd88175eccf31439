package org.octothorpe.cuda.presets;

import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP how to bind libocto_cuda.so. Nothing of CUDA is inherited: the library has its own
 * runtime inside and loads where there is no driver.
 */
@Properties(
    value =
        @Platform(
            value = "linux-x86_64",
            include = "octothorpe/cuda.h",
            link = "octo_cuda",
            library = "jniocto_cuda"),
    target = "org.octothorpe.cuda.bindings",
    global = "org.octothorpe.cuda.bindings.cuda")
@NoException
public class cuda implements InfoMapper {
  @Override
  public void map(InfoMap infoMap) {
    CoreTypes.map(infoMap);
  }
}
