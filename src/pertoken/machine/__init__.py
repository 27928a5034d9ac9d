"""Machine: loops that become machine code once, and are loaded without their compiler from then on."""
