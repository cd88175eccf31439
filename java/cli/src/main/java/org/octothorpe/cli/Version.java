package org.octothorpe.cli;

import org.octothorpe.cli.doctor.DoctorCommand;
import picocli.CommandLine.IVersionProvider;

/** The version of the library. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"octothorpe " + DoctorCommand.version()};
  }
}
