create database outcomes;
