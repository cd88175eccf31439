package org.octothorpe.cuda.presets;

import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/** Tells JavaCPP how to bind libocto_emulated.so. */
@Properties(
    value =
        @Platform(
            value = "linux-x86_64",
            include = "octothorpe/emulated.h",
            link = "octo_emulated",
            library = "jniocto_emulated"),
    target = "org.octothorpe.cuda.bindings",
    global = "org.octothorpe.cuda.bindings.emulated")
@NoException
public class emulated implements InfoMapper {
  @Override
  public void map(InfoMap infoMap) {
    CoreTypes.map(infoMap);
  }
}
